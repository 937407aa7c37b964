import * as v from 'valibot';
import { SignalingError, type RefusalCode } from './errors.ts';
import type { SocketLike } from './socket-like.ts';

export type Answer = { ok: true } | { ok: false; code: RefusalCode };

export interface Request<Reply extends Answer> {
  readonly schema: v.GenericSchema<unknown, Reply>;
  readonly event: string;
  readonly args: readonly unknown[];
  /**
   * Called with a good answer in the task it arrives in. A promise would be a step too late: events
   * that follow the answer in the same packet must find its effects.
   */
  readonly onGranted?: (reply: Extract<Reply, { ok: true }>) => void;
}

/** Emits a request and waits for its acknowledgement. A late one is ignored. @throws SignalingError */
export function request<Reply extends Answer>(
  socket: SocketLike,
  timeoutMs: number,
  { schema, event, args, onGranted }: Request<Reply>,
): Promise<Extract<Reply, { ok: true }>> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (outcome: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.off('disconnect', onDisconnect);
      outcome();
    };
    const onDisconnect = (): void => settle(() => reject(new SignalingError('offline')));
    const timer = setTimeout(() => settle(() => reject(new SignalingError('timeout'))), timeoutMs);
    socket.on('disconnect', onDisconnect);
    socket.emit(event, ...args, (reply: unknown) =>
      settle(() => {
        const result = v.safeParse(schema, reply);
        if (!result.success) return reject(new SignalingError('invalid-reply'));
        const answer: Answer = result.output;
        if (!answer.ok) return reject(new SignalingError(answer.code));
        const granted = result.output as Extract<Reply, { ok: true }>;
        onGranted?.(granted);
        resolve(granted);
      }),
    );
  });
}
