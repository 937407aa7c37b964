import type { ConnectionPath } from '../ice/path.ts';
import type { DeviceView } from '../messaging/snapshot.ts';
import { formatBytes, formatMs, formatPercent } from './format.ts';
import * as text from './text.ts';

/** `Direct, same network, 2 ms`; `Relay over TCP, 48 ms`; no number before the first measurement. */
export function pathWords(path: ConnectionPath): string {
  const { rttMs } = path;
  return rttMs === null ? pathName(path) : `${pathName(path)}, ${text.paths.ms(formatMs(rttMs))}`;
}

/** `Direct, same network`; `Relay over TCP`. */
export function pathName({
  kind,
  transport,
  sameNetwork,
}: Pick<ConnectionPath, 'kind' | 'transport' | 'sameNetwork'>): string {
  const over = transport === 'udp' ? '' : ` ${text.paths.over[transport]}`;
  return [
    `${text.paths.kinds[kind]}${over}`,
    ...(sameNetwork ? [text.paths.sameNetwork] : []),
  ].join(', ');
}

/** For who wants to know more: rates of this moment, and what is lost when something is. */
export function pathDetails({ sendRate, receiveRate, loss }: ConnectionPath): string {
  const rates = text.paths.rates(formatBytes(sendRate), formatBytes(receiveRate));
  return loss > 0 ? `${rates}, ${text.paths.loss(formatPercent(loss))}` : rates;
}

/** How a device is connected, in words; undefined where it is not. */
export function connectionWords({
  connection,
  path,
  presence,
}: Pick<DeviceView, 'connection' | 'path' | 'presence'>): string | undefined {
  if (connection === 'none') return undefined;
  if (connection === 'waiting') return text.connections.waiting[presence];
  return connection === 'connected' && path ? pathWords(path) : text.connections[connection];
}
