import { stripMetadata } from '../../lib/files/strip/index.ts';
import { tellBackground } from '../../lib/messaging/rpc.ts';

interface Ports {
  /** Whether pictures go to this device without metadata: background's to know. */
  readonly wanted: (deviceId: string) => Promise<boolean>;
}

const PORTS: Ports = {
  wanted: async (deviceId) =>
    (await tellBackground({ type: 'device/sending', deviceId })).stripMetadata,
};

export interface Step<T> {
  readonly items: readonly T[];
  /** Pictures that lost something. */
  readonly stripped: number;
}

/**
 * What is to be sent, without the metadata of its pictures where the device's setting says so; the
 * same items otherwise.
 *
 * @throws StripError for a picture that cannot be taken apart, CallError when the setting cannot be
 *   had: then nothing may go, since a person relies on it
 */
export async function stripStep<T extends { readonly blob: Blob }>(
  deviceId: string,
  given: readonly T[],
  ports: Ports = PORTS,
): Promise<Step<T>> {
  if (given.length === 0 || !(await ports.wanted(deviceId))) return { items: given, stripped: 0 };
  const items: T[] = [];
  let stripped = 0;
  for (const item of given) {
    const result = await stripMetadata(item.blob);
    if (result !== null) stripped++;
    items.push(result === null ? item : { ...item, blob: result.blob });
  }
  return { items, stripped };
}
