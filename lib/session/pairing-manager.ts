/** First contact: at most one pairing at a time, and its state for the views. */
import { parseCode, type CodeFormat } from './code.ts';
import type { Listener, PairingState, Unsubscribe } from './events.ts';
import type { InboundSignal, RoomEvent } from './manager.ts';
import { Creator } from './pairing/creator.ts';
import { Joiner } from './pairing/joiner.ts';
import type { PairingDeps, PairingRun } from './pairing/pairing-run.ts';

export type { PairingDeps } from './pairing/pairing-run.ts';

export class PairingManager {
  readonly #deps: PairingDeps;
  readonly #listeners = new Set<Listener<PairingState>>();
  #run: PairingRun | undefined;
  #state: PairingState = { type: 'idle' };

  constructor(deps: PairingDeps) {
    this.#deps = deps;
  }

  get state(): PairingState {
    return this.#state;
  }

  /** Shows a new code; one that is shown already is given up. */
  create(options: { readonly format: CodeFormat; readonly remember: boolean }): void {
    this.#replace();
    const run: PairingRun = new Creator(this.#deps, options, (state) => this.#tellOf(run, state));
    this.#begin(run);
  }

  /** @throws CodeError if the text is no code; then nothing has changed. */
  join(text: string, options: { readonly remember: boolean }): void {
    const code = parseCode(text);
    const own = this.#run instanceof Creator && this.#run.nameplate === code.nameplate;
    this.#replace();
    if (own) {
      this.#tell({ type: 'failed', reason: 'own-code' });
      return;
    }
    const run: PairingRun = new Joiner(this.#deps, { ...options, code }, (state) =>
      this.#tellOf(run, state),
    );
    this.#begin(run);
  }

  /** Gives up what is under way; once the other device is known, takes the pair back. */
  cancel(): void {
    this.#run?.cancel();
  }

  /** "Not the same? Remove": on the words or afterwards. The peer is told, sealed ([RM1]). */
  async reject(): Promise<void> {
    await this.#run?.reject();
    this.dismiss();
  }

  /** The person has seen how it ended. */
  dismiss(): void {
    if (this.#state.type !== 'paired' && this.#state.type !== 'failed') return;
    this.#tell({ type: 'idle' });
  }

  subscribe(listener: Listener<PairingState>): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ---- inbound; true if it was this pairing's

  peerJoined(event: RoomEvent): boolean {
    if (!this.#mine(event.roomId)) return false;
    this.#run?.joined(event);
    return true;
  }

  peerLeft(event: RoomEvent): boolean {
    if (!this.#mine(event.roomId)) return false;
    this.#run?.left(event);
    return true;
  }

  signal(signal: InboundSignal): boolean {
    if (!this.#mine(signal.roomId)) return false;
    this.#run?.signal(signal);
    return true;
  }

  signalingLost(): void {
    this.#run?.signalingLost();
  }

  /** The server ended a nameplate ([SV10]): a code that shows it is of no use any more. */
  nameplateExpired(nameplate: string): void {
    if (this.#state.type === 'showing' && this.#run?.nameplate === nameplate) this.#run.expire();
  }

  close(): void {
    this.#replace();
  }

  #mine(roomId: string): boolean {
    return this.#run !== undefined && this.#run.roomId === roomId;
  }

  #begin(run: PairingRun): void {
    this.#run = run;
    run.start();
  }

  /** The one before is over; a pair that it has made stays. */
  #replace(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.cancel();
  }

  /** Not what a pairing says that another one has replaced. */
  #tellOf(run: PairingRun, state: PairingState): void {
    if (this.#run === run) this.#tell(state);
  }

  #tell(state: PairingState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
