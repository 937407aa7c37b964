import { Copy, ExternalLink, FolderOpen, Send } from 'lucide';
import { Match, Switch, type JSX } from 'solid-js';
import { createFlash } from '../common/CopyButton.tsx';
import { Icon } from '../common/Icon.tsx';
import * as text from '../text.ts';
import type { EntryAction } from './entry-view.ts';

const icons = { show: FolderOpen, copy: Copy, 'send-again': Send } as const;
const labels = {
  show: text.transfers.show,
  copy: text.history.copy,
  'send-again': text.history.sendAgain,
} as const;

/** Sentences about what a press did; empty where there is nothing to say. */
export interface Outcome {
  readonly said: string;
  readonly problem: string;
}

/** One thing that can be done with an entry. How it went is said on the button for a moment. */
export function EntryButton(props: {
  action: EntryAction;
  /** Id of the entry's title: the same button is in many entries. */
  describedBy: string;
  onShow: () => Promise<Outcome>;
  onSendAgain: () => Promise<Outcome>;
  onProblem: (sentence: string) => void;
}): JSX.Element {
  const flash = createFlash();
  const act = async () => {
    const { action } = props;
    if (action.type === 'open') return;
    if (action.type === 'copy') {
      return navigator.clipboard.writeText(action.text).then(
        () => flash.tell(text.history.copied),
        () => flash.tell(text.history.copyFailed),
      );
    }
    const outcome = await (action.type === 'show' ? props.onShow() : props.onSendAgain());
    if (outcome.said !== '') flash.tell(outcome.said);
    props.onProblem(outcome.problem);
  };
  const link = () => (props.action.type === 'open' ? props.action.url : undefined);
  const kind = () => (props.action.type === 'open' ? undefined : props.action.type);
  return (
    <Switch>
      <Match when={link()}>
        {(url) => (
          <a
            class="button"
            href={url()}
            target="_blank"
            rel="noreferrer noopener"
            aria-describedby={props.describedBy}
          >
            <Icon node={ExternalLink} />
            {text.history.open}
          </a>
        )}
      </Match>
      <Match when={kind()}>
        {(type) => (
          <button
            type="button"
            class="button"
            aria-describedby={props.describedBy}
            onClick={() => void act()}
          >
            <Icon node={icons[type()]} />
            <span aria-live="polite">{flash.told() || labels[type()]}</span>
          </button>
        )}
      </Match>
    </Switch>
  );
}
