import { errorCode } from '../../errors/index.ts';
import type { ChosenFile, SendPort } from '../view-port.ts';

export type HandOverState =
  | { readonly state: 'choosing' }
  | { readonly state: 'handing-over' }
  | { readonly state: 'handed-over'; readonly transferId: string }
  | { readonly state: 'failed'; readonly code: string };

/** Wakes the offscreen document, then gives it the files; every way it can end is a state. */
export async function handOver(
  port: SendPort,
  deviceId: string,
  files: readonly ChosenFile[],
  password: string | null = null,
): Promise<Extract<HandOverState, { state: 'handed-over' | 'failed' }>> {
  const ready = await port.send({ type: 'offscreen/ensure' });
  if (!ready.ok) return { state: 'failed', code: ready.code };
  try {
    const transferId = await port.handOver(deviceId, files, password === null ? {} : { password });
    return { state: 'handed-over', transferId };
  } catch (error) {
    return { state: 'failed', code: errorCode(error) };
  }
}
