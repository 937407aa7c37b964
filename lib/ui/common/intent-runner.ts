import { createSignal, type Accessor } from 'solid-js';
import type { Intent } from '../../messaging/intents.ts';
import { reasonText } from '../text.ts';
import type { ViewPort } from '../view-port.ts';

export interface IntentRunner {
  /** Sends it; false when it was refused, and `problem` says why. */
  readonly run: (intent: Intent) => Promise<boolean>;
  /** Why the last one was refused, as a sentence; empty when it was not. */
  readonly problem: Accessor<string>;
  /** For what was not an intent of this place. */
  readonly setProblem: (sentence: string) => void;
}

/** Sends intents of one place on the page and keeps the refusal to show it there. */
export function createIntentRunner(port: ViewPort): IntentRunner {
  const [problem, setProblem] = createSignal('');
  const run = async (intent: Intent) => {
    const answer = await port.send(intent);
    setProblem(answer.ok ? '' : reasonText(answer.code));
    return answer.ok;
  };
  return { run, problem, setProblem };
}
