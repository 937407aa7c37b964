import type { JSX } from 'solid-js';
import * as text from '../text.ts';

export function OfferActions(props: {
  titleId: string;
  onDecide: (decision: 'accept' | 'decline') => void;
}): JSX.Element {
  return (
    <div class="wide offer-actions">
      <button
        type="button"
        class="button primary"
        aria-describedby={props.titleId}
        onClick={() => props.onDecide('accept')}
      >
        {text.transfers.accept}
      </button>
      <button
        type="button"
        class="button"
        aria-describedby={props.titleId}
        onClick={() => props.onDecide('decline')}
      >
        {text.transfers.decline}
      </button>
    </div>
  );
}
