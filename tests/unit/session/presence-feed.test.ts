import { describe, expect, it } from 'vitest';
import { PresenceFeed } from '../../../lib/session/presence-feed.ts';

function feed() {
  const log: string[] = [];
  const presence = new PresenceFeed(
    {
      peerJoined: ({ roomId, socketId }) => log.push(`+${roomId}/${socketId}`),
      peerLeft: ({ roomId, socketId }) => log.push(`-${roomId}/${socketId}`),
      signalingLost: () => log.push('lost'),
    },
    (deviceId) => log.push(`arrived ${deviceId}`),
  );
  return { log, presence };
}

const peer = (roomId: string, socketId: string, deviceId: string | null = 'd') => ({
  roomId,
  socketId,
  deviceId,
});

describe('presence as edges', () => {
  it('tells who came and who went, and says nothing twice', () => {
    const { log, presence } = feed();
    presence.apply({ online: true, socketId: 'me', peers: [peer('r1', 's1')] });
    presence.apply({ online: true, socketId: 'me', peers: [peer('r1', 's1')] });
    presence.apply({ online: true, socketId: 'me', peers: [peer('r1', 's2')] });
    expect(log).toEqual(['+r1/s1', 'arrived d', '-r1/s1', '+r1/s2', 'arrived d']);
  });

  it('[RC9] a lost server is told, and everyone joins anew afterwards', () => {
    const { log, presence } = feed();
    presence.apply({ online: true, socketId: 'me', peers: [peer('r1', 's1')] });
    presence.apply({ online: false, socketId: null, peers: [] });
    presence.apply({ online: true, socketId: 'me', peers: [peer('r1', 's1')] });
    expect(log).toEqual(['+r1/s1', 'arrived d', 'lost', '+r1/s1', 'arrived d']);
  });

  it('[RC9] another socket of our own is a lost one, though nobody saw it go', () => {
    const { log, presence } = feed();
    presence.apply({ online: true, socketId: 'me', peers: [peer('r1', 's1')] });
    presence.apply({ online: true, socketId: 'me again', peers: [peer('r1', 's1')] });
    expect(log).toEqual(['+r1/s1', 'arrived d', 'lost', '+r1/s1', 'arrived d']);
  });

  it('a server that was never there is not lost', () => {
    const { log, presence } = feed();
    presence.apply({ online: false, socketId: null, peers: [] });
    expect(log).toEqual([]);
  });

  it('a device in two rooms arrives once, and the peer behind a nameplate is nobody yet', () => {
    const { log, presence } = feed();
    presence.apply({
      online: true,
      socketId: 'me',
      peers: [peer('r1', 's1'), peer('r2', 's1'), peer('n12345', 's3', null)],
    });
    expect(log).toEqual(['+r1/s1', '+r2/s1', '+n12345/s3', 'arrived d']);
  });
});
