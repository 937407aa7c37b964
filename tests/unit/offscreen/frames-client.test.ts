import { beforeEach, describe, expect, it } from 'vitest';
import {
  FramesClient,
  framesSupported,
  type FrameTransform,
} from '../../../entrypoints/offscreen/frames-client.ts';
import { randomBytes } from '../../../lib/crypto/bytes.ts';
import type {
  FramesReport,
  FramesRequest,
  TransformOptions,
} from '../../../lib/messaging/frames.ts';

const place = { sessionId: 'a-session', shareId: 'a-share', track: 'video', way: 'seal' } as const;
const start = { shareId: 'a-share', track: 'video', kid: 0, encoding: 0 } as const;

class FakeWorker {
  readonly posted: FramesRequest[] = [];
  onmessage: ((event: { data: FramesReport }) => void) | null = null;
  onerror: (() => void) | null = null;
  terminated = false;
  postMessage = (request: FramesRequest) => void this.posted.push(request);
  terminate = () => void (this.terminated = true);

  says(data: FramesReport): void {
    this.onmessage?.({ data });
  }
  get heard(): string[] {
    return this.posted.map(({ type }) => type);
  }
}

describe('the worker of frames, from the document', () => {
  let workers: FakeWorker[];
  let engine: string[];
  let said: string[];
  let made: TransformOptions[];
  let kid: number | null;
  let client: FramesClient;

  beforeEach(() => {
    [workers, engine, said, made] = [[], [], [], []];
    kid = 7;
    client = new FramesClient(
      {
        engine: { post: ({ type }) => void engine.push(type) },
        announce: (shareId, { track, encoding }) => {
          said.push(`announce ${shareId} ${track} ${encoding}`);
          return kid;
        },
        badStart: (sessionId) => said.push(`bad start ${sessionId}`),
        lost: (shareIds) => said.push(`lost ${shareIds.join()}`),
        counts: (shareId, track) => said.push(`counts ${shareId} ${track}`),
      },
      {
        worker: () => {
          const worker = new FakeWorker();
          workers.push(worker);
          return worker as unknown as Worker;
        },
        transform: (_worker, options) => {
          made.push(options);
          return options as unknown as RTCRtpScriptTransform;
        },
      },
    );
  });

  function make(over: Partial<TransformOptions> = {}): FrameTransform {
    return client.make({ ...place, ...over }, (running) => said.push(`running ${running}`));
  }
  function worker(): FakeWorker {
    const last = workers.at(-1);
    if (last === undefined) throw new Error('no worker');
    return last;
  }
  const announce = (transformId: number): FramesReport => ({
    ...{ type: 'announce', transformId, encoding: 0, inst: randomBytes(16) },
  });

  it('is made for the first transform; a session’s key is asked for once', () => {
    expect(workers).toEqual([]);
    make();
    make({ track: 'audio' });
    client.key('a-session', { ...start, inst: randomBytes(16) });
    expect(workers).toHaveLength(1);
    expect(engine).toEqual(['frames-port', 'media-keys']);
    expect(made.map(({ transformId }) => transformId)).toEqual([0, 1]);
    make({ sessionId: 'another' });
    expect(engine).toEqual(['frames-port', 'media-keys', 'media-keys']);
  });

  it('is ready once it listens, and not before', async () => {
    let ready = false;
    void client.ready('a-session', 'a-share').then(() => (ready = true));
    await Promise.resolve();
    expect([ready, engine]).toEqual([false, ['frames-port', 'media-keys']]);
    worker().says({ type: 'started' });
    await client.ready('a-session', 'a-share');
    expect([ready, workers.length]).toEqual([true, 1]);
  });

  it('[SF3] a start is announced, and answered with its kid, in one step', async () => {
    const { announced } = make();
    worker().says(announce(0));
    expect(said).toEqual(['announce a-share video 0']);
    expect(worker().posted.at(-1)).toEqual({ type: 'kid', transformId: 0, encoding: 0, kid: 7 });
    expect(await announced).toBe(true);
  });

  it('[SF3] without a kid, or dropped before it, nothing is announced', async () => {
    kid = null;
    const [refused, dropped] = [make(), make()];
    worker().says(announce(0));
    dropped.drop();
    dropped.drop();
    worker().says(announce(1));
    expect(await Promise.all([refused.announced, dropped.announced])).toEqual([false, false]);
    expect(said).toEqual(['announce a-share video 0']);
    expect(worker().heard).toEqual(['port', 'kid', 'drop-transform']);
  });

  it('tells of what runs, of what was dropped, and of a peer in breach', () => {
    const { codecs } = make();
    worker().says({ type: 'running', transformId: 0, running: true });
    const counts = { sealed: 1, unsealed: 1 };
    worker().says({ type: 'counts', transformId: 0, way: 'seal', counts });
    worker().says({ type: 'bad-start', sessionId: 'a-session' });
    worker().says({ type: 'running', transformId: 99, running: true });
    expect(said).toEqual(['running true', 'counts a-share video', 'bad start a-session']);
    codecs([{ payloadType: 98, mimeType: 'video/VP9', clockRate: 90_000 }]);
    expect(worker().posted.at(-1)).toEqual({
      ...{ type: 'codecs', transformId: 0 },
      codecs: [{ payloadType: 98, mimeType: 'video/VP9' }],
    });
  });

  it('[SF11] ends with the last share; the next one has another worker, with keys anew', () => {
    make();
    client.key('a-session', { ...start, shareId: 'another', inst: randomBytes(16) });
    client.dropShare('a-share');
    client.dropShare('a-share');
    expect(worker().heard).toEqual(['port', 'key', 'drop-share']);
    client.dropShare('another');
    expect(worker().heard.slice(3)).toEqual(['drop-share', 'end']);
    make();
    expect(workers).toHaveLength(2);
    expect(engine).toEqual(['frames-port', 'media-keys', 'frames-port', 'media-keys']);
    // The first one's last words are about nothing.
    workers[0]?.says({ type: 'running', transformId: 1, running: true });
    workers[0]?.onerror?.();
    expect(said).toEqual(['running false']);
  });

  it('a session that is over takes its transforms along', () => {
    make();
    client.dropSession('a-session');
    client.dropSession('a-session');
    expect(worker().heard).toEqual(['port', 'drop-session']);
    expect(said).toEqual(['running false']);
    make();
    expect(engine.filter((type) => type === 'media-keys')).toHaveLength(2);
  });

  it('[SF9] lost, all that it held is over', async () => {
    const { announced } = make();
    client.key('a-session', { ...start, shareId: 'another', inst: randomBytes(16) });
    worker().onerror?.();
    expect(said).toEqual(['running false', 'lost a-share,another']);
    expect(worker().terminated).toBe(true);
    expect(await announced).toBe(false);
  });

  it('[SH3] knows whether the browser has the transform', () => {
    expect(framesSupported({ RTCRtpScriptTransform: class {} })).toBe(true);
    expect(framesSupported({})).toBe(false);
  });
});
