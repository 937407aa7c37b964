import { createEffect, createSignal, createUniqueId, on, type JSX } from 'solid-js';
import type { LockView } from '../../messaging/snapshot.ts';
import { LOCK_TRIES, MAX_PASSWORD_CHARACTERS } from '../../protocol/limits.ts';
import * as text from '../text.ts';

/** In place of a plain Accept: the right password accepts the offer. */
export function PasswordForm(props: {
  lock: Extract<LockView, { type: 'locked' | 'checking' }>;
  /** Who sends it. */
  from: string;
  titleId: string;
  onUnlock: (password: string) => void;
  onDecline: () => void;
}): JSX.Element {
  const id = createUniqueId();
  const [password, setPassword] = createSignal('');
  const [focusable, setFocusable] = createSignal<HTMLInputElement>();
  const checking = () => props.lock.type === 'checking';
  const wrong = () => !checking() && props.lock.triesLeft < LOCK_TRIES;
  const note = () => {
    if (checking()) return text.lock.checking;
    return wrong() ? text.lock.wrong(props.lock.triesLeft) : text.lock.hint(props.from);
  };
  // What was wrong is not edited but typed anew.
  createEffect(
    on(
      () => props.lock.triesLeft,
      () => {
        setPassword('');
        focusable()?.focus();
      },
      { defer: true },
    ),
  );

  return (
    <form
      class="wide stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (password() !== '' && !checking()) props.onUnlock(password());
      }}
    >
      <div class="field">
        <label for={id}>{text.lock.password}</label>
        <input
          ref={setFocusable}
          id={id}
          class="input"
          type="password"
          autocomplete="off"
          maxlength={MAX_PASSWORD_CHARACTERS}
          aria-invalid={wrong()}
          aria-describedby={`${id}-note`}
          readonly={checking()}
          value={password()}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <p id={`${id}-note`} class="field-note" classList={{ bad: wrong() }} role="status">
          {note()}
        </p>
      </div>
      <div class="offer-actions">
        <button
          type="submit"
          class="button primary"
          aria-describedby={props.titleId}
          disabled={checking() || password() === ''}
        >
          {text.transfers.accept}
        </button>
        <button
          type="button"
          class="button"
          aria-describedby={props.titleId}
          onClick={() => props.onDecline()}
        >
          {text.transfers.decline}
        </button>
      </div>
    </form>
  );
}
