/**
 * Typed calls between background and the offscreen document over `runtime.sendMessage`.
 *
 * Every listener says which destination it is, checks who sent, decodes once, and answers
 * `{ok: true, value}` or `{ok: false, code}`; it never answers for another destination.
 */
import * as v from 'valibot';
import { browser, type Runtime } from '../browser/index.ts';
import { errorCode, TallowError } from '../errors/index.ts';
import {
  type BackgroundAnswers,
  type BackgroundCall,
  backgroundCallSchema,
} from './background-calls.ts';
import { type Intent, type IntentAnswer, intentSchema } from './intents.ts';
import { type OffscreenCall, offscreenCallSchema } from './offscreen-calls.ts';

/** A call was answered with a refusal, or by nobody (`no-answer`). */
export class CallError extends TallowError {}

type Answer = { ok: true; value: unknown } | { ok: false; code: string };

const answerSchema = v.variant('ok', [
  v.object({ ok: v.literal(true), value: v.unknown() }),
  v.object({ ok: v.literal(false), code: v.string() }),
]);

async function call(message: object): Promise<unknown> {
  let raw: unknown;
  try {
    raw = await browser.runtime.sendMessage(message);
  } catch (cause) {
    throw new CallError('no-answer', undefined, { cause });
  }
  const answer = v.safeParse(answerSchema, raw);
  if (!answer.success) throw new CallError('no-answer');
  if (!answer.output.ok) throw new CallError(answer.output.code);
  return answer.output.value;
}

/** Background → offscreen. The document must be there: ask the one guarded function first. */
export function callOffscreen(message: OffscreenCall): Promise<unknown> {
  return call({ to: 'offscreen', call: message });
}

/** Offscreen → background; wakes it when it is not running. */
export function callBackground<T extends BackgroundCall['type']>(
  message: Extract<BackgroundCall, { type: T }>,
): Promise<BackgroundAnswers[T]> {
  return call({ to: 'background', call: message }) as Promise<BackgroundAnswers[T]>;
}

/** Tries of one message to a background that dies under it; each try starts it anew. */
const MAX_TRIES = 5;

/**
 * Offscreen → background, for what must arrive: background may die between taking a message and
 * answering it, so the message is sent again. Only for those that do no harm twice.
 */
export async function tellBackground<T extends RepeatableCall>(
  message: Extract<BackgroundCall, { type: T }>,
): Promise<BackgroundAnswers[T]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await callBackground(message);
    } catch (error) {
      if (errorCode(error) !== 'no-answer' || attempt === MAX_TRIES) throw error;
    }
  }
}
type RepeatableCall =
  | 'ready'
  | 'offer'
  | 'save'
  | 'text'
  | 'tell'
  | 'device/paired'
  | 'device/confirmed'
  | 'device/dropped'
  | 'device/sending';

/** True for a page of this extension, false for a content script, a web page or another extension. */
export function isOwnPage(sender: Runtime.MessageSender, page?: string): boolean {
  if (sender.id !== browser.runtime.id) return false;
  // A worker has no url in its own messages in some browsers: only pages name one.
  const origin = browser.runtime.getURL('');
  if (sender.url === undefined) return page === undefined && sender.tab === undefined;
  return sender.url.startsWith(page === undefined ? origin : origin + page);
}

async function answer(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { ok: true, value: (await work()) ?? {} };
  } catch (error) {
    return { ok: false, code: errorCode(error) };
  }
}

const BAD_MESSAGE: Answer = { ok: false, code: 'bad-message' };

/** Registers the background's listener: must be called synchronously at its start. */
export function listenInBackground(handlers: {
  onCall(call: BackgroundCall): Promise<unknown>;
  onIntent(intent: Intent): Promise<void>;
  /** The debug log as text ([LG4]). */
  onLogExport(): Promise<string>;
}): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    if (!isAddressed(message, 'background') || !isOwnPage(sender)) return undefined;
    if ('intent' in message) {
      const intent = v.safeParse(intentSchema, message.intent);
      if (!intent.success) return Promise.resolve<IntentAnswer>({ ok: false, code: 'bad-message' });
      return answer(() => handlers.onIntent(intent.output));
    }
    if ('export' in message) {
      // Nobody but a person at the settings takes the log out.
      if (!isOwnPage(sender, 'settings.html')) return Promise.resolve(BAD_MESSAGE);
      return answer(() => handlers.onLogExport());
    }
    // Only the document that holds the keys may speak for them.
    if (!isOwnPage(sender, 'offscreen.html')) return Promise.resolve(BAD_MESSAGE);
    const parsed = v.safeParse(backgroundCallSchema, 'call' in message ? message.call : undefined);
    if (!parsed.success) return Promise.resolve(BAD_MESSAGE);
    return answer(() => handlers.onCall(parsed.output));
  });
}

/** Settings → background: the debug log as text. @throws CallError */
export async function exportDebugLog(): Promise<string> {
  const text = await call({ to: 'background', export: 'debug-log' });
  if (typeof text !== 'string') throw new CallError('no-answer');
  return text;
}

/** Registers the offscreen document's listener. */
export function listenInOffscreen(onCall: (call: OffscreenCall) => Promise<unknown>): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    if (!isAddressed(message, 'offscreen') || !isOwnPage(sender)) return undefined;
    const parsed = v.safeParse(offscreenCallSchema, 'call' in message ? message.call : undefined);
    if (!parsed.success) return Promise.resolve(BAD_MESSAGE);
    return answer(() => onCall(parsed.output));
  });
}

function isAddressed(message: unknown, to: string): message is { to: string } & object {
  return typeof message === 'object' && message !== null && 'to' in message && message.to === to;
}
