/** Chromium leaves out addresses longer than this (2 MiB): a large `data:` picture has none. */
const LONGEST_ADDRESS = 2 * 1024 * 1024;

type Picture = HTMLImageElement | HTMLCanvasElement;

/**
 * What was clicked when the browser did not say its address: the picture under the pointer, else the
 * only one whose address is too long to be told. Never a guess between several.
 *
 * @throws Error when it cannot be told which one.
 */
export function clickedPicture(page: Document = document): Picture {
  const pictures = [...page.querySelectorAll<Picture>('img, canvas')].filter(
    (picture) => !('currentSrc' in picture) || picture.currentSrc !== '',
  );
  const hovered = pictures.findLast((picture) => picture.matches(':hover'));
  if (hovered) return hovered;
  const [only, ...others] = pictures.filter(
    (picture) => 'currentSrc' in picture && picture.currentSrc.length > LONGEST_ADDRESS,
  );
  if (!only || others.length > 0) throw new Error('which picture was clicked cannot be told');
  return only;
}
