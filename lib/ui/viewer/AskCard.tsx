import { Show, type JSX } from 'solid-js';
import { createClock } from '../common/clock.ts';
import { Problem } from '../common/Notice.tsx';
import { formatCountdown } from '../format.ts';
import * as text from './text.ts';
import type { WatchedShare } from './port.ts';
import { shareTitle } from './share-words.ts';

/** [SH2] Nothing of the picture is sent before the answer; [SH3] what is missing is said before it. */
export function AskCard(props: {
  share: WatchedShare;
  expiresAt: number;
  name: string;
  problem: string;
  onAnswer: (answer: 'accept' | 'decline') => void;
}): JSX.Element {
  const now = createClock(1_000);
  const unprotected = () => props.share.protection.type === 'unprotected';
  return (
    <section class="card accent viewer-card stack stack-l" aria-labelledby="ask-title">
      <div class="stack">
        <h2 id="ask-title">{text.shares.ask[props.share.source](props.name)}</h2>
        <p class="ask-what">{shareTitle(props.share)}</p>
        <p class="small muted">
          {props.share.audio ? text.shares.withSound : text.shares.withoutSound}
        </p>
      </div>
      <Show when={unprotected()}>
        <div class="notice bad">
          <p>
            <strong>{text.protectionText(props.share.protection)}</strong>
            <span class="next">{text.protectionHint}</span>
          </p>
        </div>
      </Show>
      <Problem text={props.problem} />
      <div class="row wrap">
        <button
          type="button"
          class="button primary large"
          aria-describedby="ask-title"
          onClick={() => props.onAnswer('accept')}
        >
          {text.shares.accept}
        </button>
        <button
          type="button"
          class="button large"
          aria-describedby="ask-title"
          onClick={() => props.onAnswer('decline')}
        >
          {text.shares.decline}
        </button>
        <span class="small muted ask-time">
          {text.viewer.answerWithin(formatCountdown(props.expiresAt - now()))}
        </span>
      </div>
    </section>
  );
}
