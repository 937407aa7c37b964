import { QrCode } from 'lucide';
import { createUniqueId, For, Show, type JSX } from 'solid-js';
import type { PairingView, SettingsView } from '../../messaging/snapshot.ts';
import { createClock } from '../common/clock.ts';
import { CopyButton } from '../common/CopyButton.tsx';
import { Icon } from '../common/Icon.tsx';
import { formatCountdown, formatMinutesLeft } from '../format.ts';
import * as text from '../text.ts';
import { PairingCode } from './PairingCode.tsx';
import { QrPicture } from './QrPicture.tsx';

type Style = SettingsView['codeStyle'];
type Showing = Extract<PairingView, { state: 'showing' }>;

/** The button, and once asked for, the code with its picture and what is left of its time. */
export function ShowCode(props: {
  pairing: PairingView;
  style: Style;
  onShow: (style: Style) => void;
}): JSX.Element {
  const showing = () => (props.pairing.state === 'showing' ? props.pairing : undefined);
  const busy = () => props.pairing.state === 'creating' || showing() !== undefined;
  return (
    <section class="card stack stack-m">
      <Show
        when={busy()}
        fallback={
          <>
            <p class="muted">{text.pairing.showCodeHint}</p>
            <button
              type="button"
              class="button primary large wide"
              onClick={() => props.onShow(props.style)}
            >
              <Icon node={QrCode} />
              {text.pairing.showCode}
            </button>
          </>
        }
      >
        <Show when={showing()} fallback={<CodePending />}>
          {(code) => <CodeShown showing={code()} />}
        </Show>
        <StyleChoice style={styleOf(showing()) ?? props.style} onChange={props.onShow} />
        <p class="small muted">{text.pairing.waiting}</p>
      </Show>
    </section>
  );
}

/** Words make a code of four parts, characters one of two. */
function styleOf(showing: Showing | undefined): Style | undefined {
  if (showing === undefined) return undefined;
  return showing.code.split('-').length > 2 ? 'words' : 'characters';
}

/** The same room as the code will take, so that nothing jumps when it comes. */
function CodePending(): JSX.Element {
  return (
    <>
      <p class="code pending" role="status">
        {text.pairing.gettingCode}
      </p>
      <div class="code-body">
        <div class="qr" />
        <div />
      </div>
    </>
  );
}

function CodeShown(props: { showing: Showing }): JSX.Element {
  const now = createClock(1000);
  const left = () => props.showing.expiresAt - now();
  return (
    <>
      <PairingCode code={props.showing.code} />
      <div class="code-body">
        <QrPicture value={props.showing.code} />
        <div class="code-side">
          <p
            class="countdown"
            role="timer"
            aria-label={text.pairing.leftSpoken(formatMinutesLeft(left()))}
          >
            {text.pairing.goodFor} <b>{formatCountdown(left())}</b>
          </p>
          <div class="stack">
            <CopyButton
              label={text.pairing.copyCode}
              copied={text.pairing.copied}
              failed={text.pairing.copyFailed}
              value={props.showing.code}
            />
            <CopyButton
              label={text.pairing.copyLink}
              copied={text.pairing.copied}
              failed={text.pairing.copyFailed}
              value={props.showing.link}
            />
          </div>
        </div>
      </div>
    </>
  );
}

const STYLES: readonly { readonly value: Style; readonly label: string }[] = [
  { value: 'words', label: text.pairing.styleWords },
  { value: 'characters', label: text.pairing.styleCharacters },
];

function StyleChoice(props: { style: Style; onChange: (style: Style) => void }): JSX.Element {
  const name = createUniqueId();
  return (
    <div class="segments" role="radiogroup" aria-label={text.pairing.style}>
      <For each={STYLES}>
        {({ value, label }) => (
          <label>
            <input
              type="radio"
              name={name}
              checked={props.style === value}
              onChange={() => props.onChange(value)}
            />
            {label}
          </label>
        )}
      </For>
    </div>
  );
}
