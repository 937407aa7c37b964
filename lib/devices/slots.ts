/**
 * Which of a device's two possible records: the one in use, or one from a pairing that the peer has
 * not confirmed ([PR12]). Both can exist, with different roots ([PR13]).
 */
export type PairSlot = 'paired' | 'pending';

/** Whose rendezvous room it is. */
export interface RoomOwner {
  readonly deviceId: string;
  readonly slot: PairSlot;
}
