import type { Readable } from 'node:stream';

/** One console line of a page or worker, as Chromium logs it to stderr. */
const CONSOLE_LINE = /:CONSOLE:?\(?\d*\)?\] "(?<text>.*)", source: (?<source>\S*) \(\d+\)$/su;
const LOG_LINE_START = /^\[\d+:\d+:[\d/.]+:/u;

/** What a healthy extension never prints, whatever its logger says. */
const ALARMING = /Uncaught|Unchecked runtime\.lastError|Refused to|TypeError|ReferenceError/u;

export interface ConsoleLine {
  readonly text: string;
  readonly source: string;
}

/**
 * Collects what the extension's own scripts print, worker and offscreen included, without a
 * debugger attached to them.
 */
export class ConsoleRecord {
  readonly #lines: ConsoleLine[] = [];
  readonly #expected: RegExp[] = [];
  #pending = '';

  constructor(stderr: Readable | null) {
    stderr?.setEncoding('utf8');
    stderr?.on('data', (chunk: string) => this.#take(chunk));
  }

  get lines(): readonly ConsoleLine[] {
    return this.#lines;
  }

  /** Alarming lines of extension pages that no test announced. */
  get alarms(): readonly ConsoleLine[] {
    return this.#lines.filter(
      ({ text, source }) =>
        source.startsWith('chrome-extension://') &&
        ALARMING.test(text) &&
        !this.#expected.some((pattern) => pattern.test(text)),
    );
  }

  /** Announces an alarming line that a test provokes on purpose. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  #take(chunk: string): void {
    const rows = (this.#pending + chunk).split('\n');
    this.#pending = rows.pop() ?? '';
    for (const row of rows) {
      const groups = LOG_LINE_START.test(row) ? CONSOLE_LINE.exec(row)?.groups : undefined;
      if (groups !== undefined) {
        this.#lines.push({ text: groups['text'] ?? '', source: groups['source'] ?? '' });
      }
    }
  }
}
