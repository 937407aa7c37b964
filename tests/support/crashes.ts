/** Two paired browsers that may crash, each with what its transfers have come to. */
import type { TransferView } from '../../lib/messaging/snapshot.ts';
import type { PairedDuo, Side } from './duo.ts';
import { Follower } from './snapshot.ts';

export type Name = 'laptop' | 'desktop';

export class FragileDuo {
  readonly #duo: PairedDuo;
  readonly #sides: Record<Name, Side>;

  constructor(duo: PairedDuo) {
    this.#duo = duo;
    this.#sides = { laptop: duo.laptop, desktop: duo.desktop };
  }

  get laptop(): Side {
    return this.#sides.laptop;
  }

  get desktop(): Side {
    return this.#sides.desktop;
  }

  /** Kills a browser at once, and starts it again with the same profile. */
  async crash(name: Name): Promise<void> {
    const browser = await this.#sides[name].browser.crash();
    this.#sides[name] = { browser, view: await Follower.open(browser) };
  }

  /** Waits until so much of it is on that side. */
  async untilDone(name: Name, transferId: string, bytes: number, timeoutMs = 60_000) {
    return await this.#until(name, transferId, `${bytes} bytes`, timeoutMs, (transfer) => {
      if (transfer.state === 'failed') throw new Error(`it failed: ${transfer.reason}`);
      return transfer.doneBytes >= bytes;
    });
  }

  async untilState(
    name: Name,
    transferId: string,
    state: TransferView['state'],
    timeoutMs = 60_000,
  ): Promise<TransferView> {
    return await this.#until(name, transferId, state, timeoutMs, (transfer) => {
      if (transfer.state === 'failed' && state !== 'failed')
        throw new Error(`it failed: ${transfer.reason}`);
      return transfer.state === state;
    });
  }

  async #until(
    name: Name,
    transferId: string,
    what: string,
    timeoutMs: number,
    look: (transfer: TransferView) => boolean,
  ): Promise<TransferView> {
    return await this.#sides[name].view.until(
      `${what} of the transfer`,
      ({ transfers }) =>
        transfers.find((transfer) => transfer.transferId === transferId && look(transfer)),
      { timeoutMs },
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.laptop.browser.close(), this.desktop.browser.close()]);
    await this.#duo.close();
  }
}
