import type { JSX } from 'solid-js';
import * as text from './text.ts';

/** What others can learn, said where a person looks for it. Needs no snapshot: it is always true. */
export function HonestSections(): JSX.Element {
  return (
    <>
      <section class="card section">
        <h2>{text.settings.privacySection}</h2>
        <dl class="facts prose">
          <div>
            <dt>{text.settings.privacyCanTitle}</dt>
            <dd class="muted">{text.settings.privacyCan}</dd>
          </div>
          <div>
            <dt>{text.settings.privacyCannotTitle}</dt>
            <dd class="muted">{text.settings.privacyCannot}</dd>
          </div>
          <div>
            <dt>{text.settings.privacyOthersTitle}</dt>
            <dd class="muted">{text.settings.privacyOthers}</dd>
          </div>
        </dl>
      </section>
      <section class="card section">
        <h2>{text.settings.keysSection}</h2>
        <p class="muted prose">{text.settings.keys}</p>
      </section>
    </>
  );
}
