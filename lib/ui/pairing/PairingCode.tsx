import { For, type JSX } from 'solid-js';
import * as text from '../text.ts';

/** The code in groups that break between, never within, a part; its text is the code itself. */
export function PairingCode(props: { code: string }): JSX.Element {
  const parts = () => props.code.split('-');
  return (
    <output class="code" aria-label={text.pairing.codeOutput}>
      <For each={parts()}>
        {(part, index) => (
          <span>
            <span classList={{ number: index() === 0 }}>{part}</span>
            <span class="dash">{index() < parts().length - 1 ? '-' : ''}</span>
          </span>
        )}
      </For>
    </output>
  );
}
