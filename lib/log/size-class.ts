const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const CLASSES = [
  [64 * KIB, 'under 64 KiB'],
  [MIB, 'under 1 MiB'],
  [16 * MIB, 'under 16 MiB'],
  [256 * MIB, 'under 256 MiB'],
  [4 * GIB, 'under 4 GiB'],
] as const;

/** How large something is, too roughly to know it again. */
export function sizeClass(bytes: number): string {
  return CLASSES.find(([limit]) => bytes < limit)?.[1] ?? '4 GiB or more';
}
