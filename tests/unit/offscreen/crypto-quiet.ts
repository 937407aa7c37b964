import { vi } from 'vitest';

/**
 * Waits for WebCrypto, which works elsewhere and finishes when it likes: until none of it is under way,
 * nor anything that follows from it. Undone by `vi.restoreAllMocks`.
 */
export function watchCrypto(): () => Promise<void> {
  let underWay = 0;
  for (const name of ['encrypt', 'decrypt', 'importKey', 'digest'] as const) {
    const real = (crypto.subtle[name] as (...all: unknown[]) => Promise<unknown>).bind(
      crypto.subtle,
    );
    vi.spyOn(crypto.subtle, name).mockImplementation(((...all: unknown[]) => {
      underWay++;
      return real(...all).finally(() => underWay--);
    }) as never);
  }
  return async () => {
    for (let quiet = 0; quiet < 10; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (underWay > 0) quiet = 0;
    }
  };
}
