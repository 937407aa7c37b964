import type { Intent } from '../../messaging/intents.ts';
import { reasonText } from '../text.ts';
import type { ViewPort } from '../view-port.ts';

type SettingsPart = Extract<Intent, { type: 'settings/set' }>['settings'];

/** Saves one part of the settings; answers a sentence when it was refused, '' when it is saved. */
export async function saveSetting(port: ViewPort, settings: SettingsPart): Promise<string> {
  const answer = await port.send({ type: 'settings/set', settings });
  return answer.ok ? '' : reasonText(answer.code);
}
