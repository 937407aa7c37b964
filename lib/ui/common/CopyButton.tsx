import { Check, Copy } from 'lucide';
import { createSignal, onCleanup, Show, type JSX } from 'solid-js';
import { Icon } from './Icon.tsx';

/** How long "Copied" stays: long enough to be read, short enough to copy again. */
const TOLD_MS = 2000;

/** Says for a moment that something was done, in place of its label. */
export function createFlash(): { told: () => string; tell: (words: string) => void } {
  const [told, setTold] = createSignal('');
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  return {
    told,
    tell: (words) => {
      clearTimeout(timer);
      setTold(words);
      timer = setTimeout(() => setTold(''), TOLD_MS);
    },
  };
}

export function CopyButton(props: {
  label: string;
  copied: string;
  failed: string;
  value: string;
}): JSX.Element {
  const flash = createFlash();
  const copy = () => {
    navigator.clipboard.writeText(props.value).then(
      () => flash.tell(props.copied),
      () => flash.tell(props.failed),
    );
  };
  return (
    <button type="button" class="button" onClick={copy}>
      <Show when={flash.told() === props.copied} fallback={<Icon node={Copy} />}>
        <Icon node={Check} />
      </Show>
      <span aria-live="polite">{flash.told() || props.label}</span>
    </button>
  );
}
