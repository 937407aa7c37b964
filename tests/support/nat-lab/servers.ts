/** The public servers of the lab: the real signaling server, and coturn for STUN and TURN. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { timeLimitedCredential } from '../../../server/turn-credential.ts';
import { untilLine } from '../output.ts';
import { COTURN_LISTENS } from '../turn.ts';
import { RELAY, SECOND_SERVER, SERVER, SIGNALING_PORT, type NatLab } from './lab.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PORT = 3478;
const TLS_PORT = 443;
/** Longer than any test. */
const CREDENTIAL_SECONDS = 86_400;

export const LAB_SIGNALING_URL = `http://${SERVER}:${SIGNALING_PORT}`;
/** The setting "STUN servers". */
export const LAB_STUN_SERVERS = [SERVER, SECOND_SERVER]
  .map((address) => `stun:${address}:${PORT}`)
  .join('\n');

export async function startLabSignaling(
  lab: NatLab,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const server = lab.serve([execPath, join(ROOT, 'server/main.ts')], {
    HOST: SERVER,
    PORT: String(SIGNALING_PORT),
    LOG_LEVEL: 'info',
    NAMEPLATES_PER_TEN_MINUTES: '1000',
    ...env,
  });
  await untilLine(server, 'the signaling server', /listens/);
}

export interface LabTurn {
  /** Lines of the setting "TURN servers", one for each way to the same server. */
  readonly lines: Readonly<Record<'udp' | 'tcp' | 'tls', string>>;
  /** For a signaling server that hands out credentials. */
  readonly secret: string;
  stop(): Promise<void>;
}

export async function startLabTurn(lab: NatLab): Promise<LabTurn> {
  const folder = await mkdtemp(join(tmpdir(), 'tallow-turn-'));
  const secret = randomBytes(16).toString('hex');
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => join(folder, name));
  // Nobody vouches for it: browsers of the lab are told not to mind.
  await lab.sandbox.shell([
    `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -batch \
      -subj /CN=${SERVER} -addext subjectAltName=IP:${SERVER} -keyout ${key} -out ${certificate}`,
  ]);
  const server = lab.serve([
    'turnserver',
    '-n',
    `--listening-ip=${SERVER}`,
    `--listening-ip=${SECOND_SERVER}`,
    `--relay-ip=${RELAY}`,
    `--listening-port=${PORT}`,
    `--tls-listening-port=${TLS_PORT}`,
    ...[`--cert=${certificate}`, `--pkey=${key}`],
    ...['--realm=lab.invalid', '--use-auth-secret', `--static-auth-secret=${secret}`],
    ...['--fingerprint', '--no-cli', '--no-dtls', '--simple-log', '--log-file=stdout'],
    `--pidfile=${join(folder, 'pid')}`,
    `--userdb=${join(folder, 'db')}`,
  ]);
  await untilLine(server, 'coturn', COTURN_LISTENS);
  const { username, credential } = timeLimitedCredential(secret, Date.now(), CREDENTIAL_SECONDS);
  const line = (url: string) => `${url} ${username} ${credential}`;
  return {
    secret,
    lines: {
      udp: line(`turn:${SERVER}:${PORT}?transport=udp`),
      tcp: line(`turn:${SERVER}:${PORT}?transport=tcp`),
      tls: line(`turns:${SERVER}:${TLS_PORT}?transport=tcp`),
    },
    stop: async () => {
      server.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
