/** Where on a picture a point of the page is. */
import type { Size } from '../../share/quality.ts';
import type { PointerPlace } from './port.ts';

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Where a picture lies in a box that it is fitted into (`object-fit: contain`), in the middle. */
export function fittedBox(box: Box, picture: Size): Box {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return {
    left: box.left + (box.width - width) / 2,
    top: box.top + (box.height - height) / 2,
    width,
    height,
  };
}

/** [SH10] Null beside the picture, and while there is none. */
export function placeOn(
  box: Box,
  picture: Size | null,
  at: { readonly x: number; readonly y: number },
): PointerPlace | null {
  if (picture === null) return null;
  const { left, top, width, height } = fittedBox(box, picture);
  if (!(width > 0 && height > 0)) return null;
  const x = (at.x - left) / width;
  const y = (at.y - top) / height;
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
}
