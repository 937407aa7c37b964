import type { CheckLine, CheckReport } from '../ice/self-test.ts';
import { formatBytes, formatMs, formatPercent, formatSpan } from './format.ts';
import * as text from './settings/text.ts';

/** Below it a difference is the way to the server and back. */
const SKEW_WORTH_A_WORD_MS = 1_000;

/** What a line found, with its numbers; empty while it is under way. */
export function findingWords(line: CheckLine): string {
  const { id, verdict, detail } = line;
  if (verdict === 'pending') return '';
  if (detail.skipped !== undefined) return text.skips[detail.skipped];
  const main = detail.nat === undefined ? text.findings[id][verdict] : text.natNames[detail.nat];
  const numbers = numbersOf(detail);
  return numbers.length === 0 ? main : `${main.replace(/\.$/, '')} (${numbers.join(', ')}).`;
}

function numbersOf(detail: CheckLine['detail']): string[] {
  const { version, skewMs, rttMs, nat, confidence, answered, asked, bytesPerSecond } = detail;
  const { details, natTerms } = text;
  return [
    nat !== undefined && nat !== 'unknown' && natTerms[nat],
    nat !== 'unknown' && confidence !== undefined && details.sure(formatPercent(confidence)),
    version !== undefined && details.version(version),
    skewMs !== undefined && Math.abs(skewMs) >= SKEW_WORTH_A_WORD_MS && skewWords(skewMs),
    // One of one says nothing that the verdict does not.
    asked !== undefined && asked > 1 && details.answered(answered ?? 0, asked),
    rttMs !== undefined && text.paths.ms(formatMs(rttMs)),
    bytesPerSecond !== undefined && details.perSecond(formatBytes(bytesPerSecond)),
  ].filter((part) => part !== false);
}

/** The server's clock minus ours: a positive one means that we are behind. */
function skewWords(skewMs: number): string {
  const span = formatSpan(Math.abs(skewMs));
  return skewMs > 0 ? text.details.behind(span) : text.details.ahead(span);
}

export function stepWords({ step }: CheckLine): string | undefined {
  return step === undefined ? undefined : text.check.next(text.checkSteps[step]);
}

/** A line as a person reads it. */
export interface ShownLine {
  readonly name: string;
  readonly verdict: CheckLine['verdict'];
  /** Empty while it is under way. */
  readonly found: string;
  readonly step?: string;
}

const TURN_LINES: ReadonlySet<CheckLine['id']> = new Set([
  'turn-udp',
  'turn-tcp',
  'turn-tls',
  'relay-throughput',
]);

/** The lines in their order; one for TURN where no server is known, and each step only once. */
export function shownLines({ lines }: CheckReport): readonly ShownLine[] {
  const turn = lines.filter(({ id }) => TURN_LINES.has(id));
  const [first] = turn;
  const none =
    first?.detail.skipped !== undefined &&
    first.detail.skipped !== 'offline' &&
    turn.every(({ detail }) => detail.skipped === first.detail.skipped);
  const said = new Set<string>();
  return lines
    .filter((line) => !none || line === first || !TURN_LINES.has(line.id))
    .map((line) => {
      const step = stepWords(line);
      const again = step === undefined || said.has(step);
      if (step !== undefined) said.add(step);
      return {
        name: none && line === first ? text.check.turn : text.checkNames[line.id],
        verdict: line.verdict,
        found: findingWords(line),
        ...(!again && { step }),
      };
    });
}

/** One sentence over the list. */
export function summaryWords(report: CheckReport): string {
  const { state, lines } = report;
  const done = lines.filter(({ verdict }) => verdict !== 'pending').length;
  if (state === 'running') return text.check.progress(done, lines.length);
  const bad = shownLines(report).filter(({ verdict }) => verdict === 'bad').length;
  if (bad > 0) return text.check.bad(bad);
  const better = lines.some(({ step }) => step !== undefined);
  return better ? text.check.couldBeBetter : text.check.allGood;
}

/** The report as text to hand on. Lines hold numbers and words only, so no address is in it. */
export function reportText(report: CheckReport): string {
  const lines = shownLines(report).map(({ name, verdict, found, step }) => {
    const head = `[${text.verdicts[verdict]}] ${name}`;
    return [found === '' ? head : `${head}: ${found}`, step].filter(Boolean).join(' ');
  });
  const time = new Date(report.startedAt).toISOString();
  return [`${text.APP_NAME}, ${text.check.list}, ${time}`, ...lines, summaryWords(report), ''].join(
    '\n',
  );
}
