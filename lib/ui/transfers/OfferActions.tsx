import type { JSX } from 'solid-js';
import * as text from '../text.ts';

export function OfferActions(props: {
  onDecide: (decision: 'accept' | 'decline') => void;
}): JSX.Element {
  return (
    <div class="wide offer-actions">
      <button type="button" class="button primary" onClick={() => props.onDecide('accept')}>
        {text.transfers.accept}
      </button>
      <button type="button" class="button" onClick={() => props.onDecide('decline')}>
        {text.transfers.decline}
      </button>
    </div>
  );
}
