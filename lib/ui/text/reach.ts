/** Sentences of how devices reach each other: what a device's connection does, and its path. */
import type { ConnectionPath } from '../../ice/path.ts';
import type { ConnectionView, DeviceView } from '../../messaging/snapshot.ts';

/** What a device's connection does while no path can be named; nothing where there is none. */
export const connections: Readonly<
  Record<Exclude<ConnectionView, 'none' | 'waiting'>, string> & {
    waiting: Readonly<Record<DeviceView['presence'], string>>;
  }
> = {
  // A device that is there is not waited for: the last try failed, and the next one comes.
  waiting: { online: 'Trying again soon', offline: 'Waiting for the device' },
  connecting: 'Connecting…',
  connected: 'Connected',
  restarting: 'Reconnecting…',
};

export const paths = {
  kinds: { direct: 'Direct', relay: 'Relay' } satisfies Record<ConnectionPath['kind'], string>,
  /** UDP is the ordinary way and needs no word. */
  over: { tcp: 'over TCP', tls: 'over TLS' } satisfies Partial<
    Record<ConnectionPath['transport'], string>
  >,
  sameNetwork: 'same network',
  ms: (value: string) => `${value} ms`,
  rates: (out: string, into: string) => `Sending ${out}/s, receiving ${into}/s`,
  loss: (percent: string) => `${percent} % lost`,
} as const;

export const details = {
  version: (version: number) => `version ${version}`,
  ahead: (time: string) => `this device is ${time} ahead`,
  behind: (time: string) => `this device is ${time} behind`,
  answered: (answered: number, asked: number) => `${answered} of ${asked} answered`,
  sure: (percent: string) => `${percent} % sure`,
  perSecond: (amount: string) => `${amount}/s`,
  seconds: (value: string) => `${value} s`,
  minutes: (value: string) => `${value} min`,
  hours: (value: string) => `${value} h`,
} as const;
