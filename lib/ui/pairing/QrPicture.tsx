import type { JSX } from 'solid-js';
import { encode } from 'uqr';
import * as text from '../text.ts';

/** Modules of white around the code that scanners need. ISO/IEC 18004 asks for 4. */
const QUIET_ZONE = 4;

/** One path for all dark modules: `M x y h1 v1 h-1 z` for each. */
function darkModules(value: string): { size: number; path: string } {
  const { data, size } = encode(value, { ecc: 'M', border: QUIET_ZONE });
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return { size, path };
}

export function QrPicture(props: { value: string }): JSX.Element {
  const modules = () => darkModules(props.value);
  return (
    <svg
      class="qr"
      role="img"
      aria-label={text.pairing.qr}
      viewBox={`0 0 ${modules().size} ${modules().size}`}
      shape-rendering="crispEdges"
    >
      <path d={modules().path} fill="currentColor" />
    </svg>
  );
}
