import * as v from 'valibot';
import { readRequestSchema, type ReadRequest } from '../../lib/messaging/content.ts';

/** Background asks at once after it put us here; if it died in between, its successor does soon. */
const REQUEST_WAIT_MS = 60_000;

type Listener = (message: unknown) => Promise<object> | undefined;

export interface MessageEventLike {
  addListener(listener: Listener): void;
  removeListener(listener: Listener): void;
}

/** The one request this script is here for; rejects when none comes. Only our extension can send. */
export function waitForRequest(messages: MessageEventLike): Promise<ReadRequest> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      messages.removeListener(take);
    };
    const take: Listener = (message) => {
      const request = v.safeParse(readRequestSchema, message);
      if (!request.success) return undefined;
      settle();
      resolve(request.output);
      return Promise.resolve({ ok: true });
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error('no request'));
    }, REQUEST_WAIT_MS);
    messages.addListener(take);
  });
}
