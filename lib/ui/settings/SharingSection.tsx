import type { JSX } from 'solid-js';
import type { QualitySettings } from '../../share/quality.ts';
import { QualityFields } from '../shares/QualityFields.tsx';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';

/** The same choice as beside a share that is on. */
export function SharingSection(props: { settings: QualitySettings; port: ViewPort }): JSX.Element {
  return (
    <section class="card section">
      <h2>{text.shares.title}</h2>
      <p class="muted prose">{text.shares.qualityHint}</p>
      <QualityFields settings={props.settings} port={props.port} />
    </section>
  );
}
