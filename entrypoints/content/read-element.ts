import { clickedPicture } from './clicked-picture.ts';

/** The bytes of what was clicked, as the page itself can read them. */
export interface ElementBytes {
  readonly mime: string;
  /** From the address; empty where it has none. */
  readonly name: string;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads `data:`, `blob:` and same-origin addresses; what cannot be fetched any more (a revoked blob)
 * is drawn from the picture in the page. An empty address stands for one that is too long to be told.
 * @throws Error when the page does not have the bytes or may not read them.
 */
export async function readElement(url: string): Promise<ElementBytes> {
  if (url === '') {
    const picture = clickedPicture();
    return picture instanceof HTMLCanvasElement
      ? await drawn(picture, '')
      : await readElement(picture.currentSrc);
  }
  const name = nameOf(url);
  try {
    // From the cache: what the person sees, not what the address would give next time.
    const response = await fetch(url, { cache: 'force-cache' });
    if (!response.ok || !response.body) throw new Error(`answered ${response.status}`);
    const mime = response.headers.get('content-type') ?? '';
    return { mime, name, stream: response.body };
  } catch (error) {
    const picture = [...document.images].find((image) => image.currentSrc === url);
    if (!picture) throw error;
    return await drawn(await copyOf(picture), name.replace(/\.[^.]*$/, '.png'));
  }
}

async function copyOf(picture: HTMLImageElement): Promise<HTMLCanvasElement> {
  await picture.decode();
  const canvas = document.createElement('canvas');
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas to draw on');
  context.drawImage(picture, 0, 0);
  return canvas;
}

/** Throws (SecurityError) when the canvas holds pixels of another site. */
async function drawn(canvas: HTMLCanvasElement, name: string): Promise<ElementBytes> {
  const blob = await new Promise<Blob>((resolve, reject) => {
    canvas.toBlob((result) => {
      if (result) resolve(result);
      else reject(new Error('nothing drawn'));
    }, 'image/png');
  });
  return { mime: blob.type, name, stream: blob.stream() };
}

function nameOf(url: string): string {
  const { protocol, pathname } = new URL(url, location.href);
  if (protocol === 'data:' || protocol === 'blob:') return '';
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
