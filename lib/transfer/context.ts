import type { EngineDeps } from './events.ts';
import type { TransferSnapshot } from './records.ts';

/** What the engine is to one transfer. */
export interface TransferContext extends EngineDeps {
  /** Tells a changed transfer; called by the transfer's own throttle. */
  changed(snapshot: TransferSnapshot): void;
  /** The transfer needs the wire no more: another one may take its place. */
  settled(transferId: string): void;
  /** It has ended and holds no bytes: nothing more will come of it. */
  over(transferId: string): void;
  /** A transfer to the device may be offered now, where there is a session. */
  admit(deviceId: string): void;
  /** The transfer waits for a session with its device: asks for one where there is none. */
  wantSession(deviceId: string): void;
}

/** For promises whose failure is dealt with, or cannot be: says so where it stands. */
export function ignoreFailure(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}
