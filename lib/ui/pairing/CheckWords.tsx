import { For, type JSX } from 'solid-js';
import type { PairingView } from '../../messaging/snapshot.ts';
import * as text from '../text.ts';

type Paired = Extract<PairingView, { state: 'paired' }>;

/** Both screens show the same words, or someone sits between: the one thing to look at here. */
export function CheckWords(props: {
  paired: Paired;
  onSame: () => void;
  onRemove: () => void;
}): JSX.Element {
  return (
    <section class="card check">
      <p class="muted">{text.pairing.compare}</p>
      <output class="stack stack-m" aria-label={text.pairing.checkOutput}>
        <span class="peer">{props.paired.name}</span>{' '}
        <span class="words">
          <For each={props.paired.checkWords}>
            {(word) => (
              <>
                <span class="word">{word}</span>{' '}
              </>
            )}
          </For>
        </span>
      </output>
      <button type="button" class="button primary large wide" onClick={() => props.onSame()}>
        {text.pairing.same}
      </button>
      <button type="button" class="button danger wide" onClick={() => props.onRemove()}>
        {text.pairing.notTheSame}
      </button>
    </section>
  );
}
