/**
 * Runs asynchronous steps one after the other: while one awaits, the next message waits, so that a
 * machine never sees a message in the middle of the step before it.
 */
export interface Mailbox {
  /** Queues a step. A step that rejects is reported to `onError` and does not stop the queue. */
  post(step: () => Promise<void> | void): void;
  /** Steps not yet begun are dropped. */
  close(): void;
}

/** More waiting steps than this means that someone floods us; further ones are dropped. */
const MAX_WAITING = 1_024;

export function createMailbox(onError: (error: unknown) => void): Mailbox {
  const waiting: (() => Promise<void> | void)[] = [];
  let state: 'idle' | 'running' | 'closed' = 'idle';

  async function drain(): Promise<void> {
    for (;;) {
      const step = waiting.shift();
      if (step === undefined || state === 'closed') break;
      try {
        await step();
      } catch (error) {
        onError(error);
      }
    }
    if (state !== 'closed') state = 'idle';
  }

  return {
    post(step) {
      if (state === 'closed' || waiting.length >= MAX_WAITING) return;
      waiting.push(step);
      if (state === 'idle') {
        state = 'running';
        void drain();
      }
    },
    close() {
      state = 'closed';
      waiting.length = 0;
    },
  };
}
