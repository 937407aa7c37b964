/** A file name for something a person clicked: from the address, completed by its type. */

/** Endings for the types that pages show; another type keeps the name it has. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/svg+xml': 'svg',
  'image/bmp': 'bmp',
  'image/x-icon': 'ico',
  'image/vnd.microsoft.icon': 'ico',
  'image/apng': 'apng',
  'image/tiff': 'tiff',
  'image/heic': 'heic',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/webm': 'weba',
  'audio/flac': 'flac',
};

/**
 * The last segment of an http address, or `fallback`, with the ending of `mime` where it has none.
 * It is the sender's wish only: the receiver makes every name safe ([BP2]).
 */
export function clickedName(address: string, mime: string, fallback: string): string {
  return completedName(lastSegment(address), mime, fallback);
}

/** The same for what is a name already. */
export function completedName(name: string, mime: string, fallback: string): string {
  const full = name || fallback;
  const ending = ENDINGS[mime.split(';')[0]?.trim().toLowerCase() ?? ''];
  return ending === undefined || /\.[a-z0-9]{2,5}$/i.test(full) ? full : `${full}.${ending}`;
}

function lastSegment(address: string): string {
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return '';
  const segment = new URL(address).pathname.split('/').findLast((part) => part !== '') ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    // A stray percent sign: the raw segment is as good a name as any.
    return segment;
  }
}
