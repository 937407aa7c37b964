import type { CancelReason } from '../protocol/kinds.ts';
import type { FailureReason, NextStep } from './states.ts';

/** What helps after a failure of something one sends. */
export function senderNextStep(reason: FailureReason): NextStep {
  switch (reason) {
    case 'source-changed':
    case 'source-unreadable':
      return 'choose-file-again';
    case 'no-space':
      return 'free-space-there';
    case 'device-removed':
      return 'pair-again';
    case 'no-path':
    case 'no-relay':
      return 'add-relay';
    default:
      return 'send-again';
  }
}

/** What helps after a failure of something one receives. */
export function receiverNextStep(reason: FailureReason): NextStep {
  switch (reason) {
    case 'no-space':
      return 'free-space-here';
    case 'device-removed':
      return 'pair-again';
    default:
      return 'ask-to-send-again';
  }
}

/** What the peer is told of a failure here; the rest is none of its business. */
export function toldToSender(reason: FailureReason): CancelReason {
  switch (reason) {
    case 'no-space':
    case 'storage-failed':
    case 'verify-failed':
    case 'bad-content':
      return reason;
    default:
      return 'interrupted';
  }
}

/** As `toldToSender`, the other way. */
export function toldToReceiver(reason: FailureReason): CancelReason {
  switch (reason) {
    case 'source-changed':
    case 'source-unreadable':
    case 'verify-failed':
    case 'locked-out':
      return reason;
    default:
      return 'interrupted';
  }
}
