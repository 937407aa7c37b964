import type { OffscreenTransfer } from '../../lib/messaging/background-calls.ts';
import { isEnded } from './transfers-view.ts';
import { isNeed, type Need, type Notices } from './notices.ts';

/** Transfers that stand still until a person does something, each told of once while it does. */
export class Needs {
  readonly #notices: Notices;
  readonly #nameOf: (deviceId: string) => string;
  /** Undefined until the document first told of its transfers. */
  #open: ReadonlyMap<string, Need> | undefined;

  constructor(notices: Notices, nameOf: (deviceId: string) => string) {
    this.#notices = notices;
    this.#nameOf = nameOf;
  }

  async onTransfers(transfers: readonly OffscreenTransfer[]): Promise<void> {
    const waiting = transfers.flatMap((transfer) => {
      const need = needOf(transfer);
      return need === undefined ? [] : [{ transfer, need }];
    });
    const open = new Map(waiting.map(({ transfer, need }) => [transfer.transferId, need]));
    const before = this.#open ?? (await this.#notices.needsShown());
    this.#open = open;
    for (const [transferId, need] of before) {
      if (open.get(transferId) !== need) await this.#notices.needMet(transferId, need);
    }
    for (const { transfer, need } of waiting) {
      const { transferId, deviceId, title } = transfer;
      await this.#notices.need(transferId, need, this.#nameOf(deviceId), title);
    }
  }
}

/** Of one file among others that go on, too. */
function needOf({ state, reason, files = [] }: OffscreenTransfer): Need | undefined {
  const held = files.find((file) => file.state === 'needs-you');
  const need = state === 'needs-you' ? reason : isEnded({ state }) ? undefined : held?.reason;
  return need !== undefined && isNeed(need) ? need : undefined;
}
