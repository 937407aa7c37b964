/**
 * A Chromium with the extension, in a profile of its own that is removed at the end.
 *
 * Puppeteer attaches to no service worker by itself, and nothing here does so unless asked
 * (`inWorker`): an attached worker never dies, and tests of its life would prove nothing.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { TargetType, type Browser, type Page, type Target } from 'puppeteer';
import { findChromium, sandboxArguments } from '../../scripts/system/chromium.ts';
import { ConsoleRecord } from './console.ts';
import { until, within } from './wait.ts';

const START_TIMEOUT_MS = 30_000;

export interface WindowOptions {
  /** X display to show the window on; the environment's own when absent. */
  readonly display?: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LaunchOptions {
  /** Folder of the built extension. */
  readonly extension: string;
  /** For messages of failed tests. */
  readonly name: string;
  /** A real window; headless when absent. */
  readonly window?: WindowOptions;
  /** Where downloads go; inside the profile, and removed with it, when absent. */
  readonly downloads?: string;
  readonly dark?: boolean;
  /** A program that starts Chromium with the arguments it is given, e.g. in another network. */
  readonly executablePath?: string;
  /** Whether connections go over loopback, the only network of some machines. True when absent. */
  readonly loopback?: boolean;
  readonly args?: readonly string[];
}

/** Any function that Chromium can run in a page or worker: JSON in, JSON out. */
type Remote<Args extends unknown[], Result> = (...args: Args) => Result | Promise<Result>;

export class ExtensionBrowser {
  readonly name: string;
  readonly browser: Browser;
  readonly extensionId: string;
  readonly downloads: string;
  readonly console: ConsoleRecord;
  readonly #options: LaunchOptions;
  readonly #executablePath: string;
  readonly #profile: string;
  #driver: Promise<Page> | undefined;

  private constructor(
    options: LaunchOptions,
    started: { browser: Browser; executablePath: string; extensionId: string; profile: string },
    record: ConsoleRecord,
  ) {
    this.name = options.name;
    this.browser = started.browser;
    this.extensionId = started.extensionId;
    this.downloads = downloadsOf(options, started.profile);
    this.#options = options;
    this.#executablePath = started.executablePath;
    this.#profile = started.profile;
    this.console = record;
  }

  static async launch(options: LaunchOptions): Promise<ExtensionBrowser> {
    const executablePath = options.executablePath ?? findChromium();
    if (executablePath === undefined) throw new Error('no Chromium found (set CHROME_PATH)');
    const profile = await mkdtemp(join(tmpdir(), 'tallow-browser-'));
    await writePreferences(profile, downloadsOf(options, profile));
    return await ExtensionBrowser.#start(options, executablePath, profile);
  }

  static async #start(
    options: LaunchOptions,
    executablePath: string,
    profile: string,
  ): Promise<ExtensionBrowser> {
    // A copy: a build that is made anew meanwhile must not change under a running browser.
    const extension = join(profile, 'extension');
    await cp(options.extension, extension, { recursive: true });
    const browser = await puppeteer
      .launch({
        executablePath,
        headless: options.window === undefined,
        pipe: true,
        enableExtensions: [extension],
        userDataDir: profile,
        defaultViewport: null,
        ignoreDefaultArgs: [
          // Muted, a tab has no sound to capture either.
          '--mute-audio',
          // A person watching would only see its banner.
          ...(options.window === undefined ? [] : ['--enable-automation']),
        ],
        // Ctrl-C reaches whole process groups: who launched decides when a browser closes.
        handleSIGINT: false,
        env: {
          // Without a locale Chromium takes the names of files for ASCII, and cannot open the others.
          LANG: 'C.UTF-8',
          ...process.env,
          ...(options.window === undefined && { LC_ALL: 'C.UTF-8' }),
          ...(options.window?.display !== undefined && { DISPLAY: options.window.display }),
        },
        args: [...chromiumArguments(options), ...sandboxArguments(), ...(options.args ?? [])],
      })
      .catch(async (error: unknown) => {
        await removeFolder(profile);
        throw error;
      });
    const record = new ConsoleRecord(browser.process()?.stderr ?? null);
    const worker = await browser.waitForTarget(isExtensionWorker, { timeout: START_TIMEOUT_MS });
    const extensionId = new URL(worker.url()).host;
    return new ExtensionBrowser(options, { browser, executablePath, extensionId, profile }, record);
  }

  url(path: string): string {
    return `chrome-extension://${this.extensionId}/${path}`;
  }

  /** Opens a page of the extension in a tab. */
  async open(path: string): Promise<Page> {
    return await this.openUrl(this.url(path));
  }

  async openUrl(url: string): Promise<Page> {
    const page = await this.browser.newPage();
    await page.goto(url);
    return page;
  }

  /** Opens `url` and closes every other tab: what a person is to see first. */
  async showOnly(url: string): Promise<Page> {
    const others = await this.browser.pages();
    const page = await this.openUrl(url);
    await Promise.all(others.map((other) => other.close()));
    this.#driver = undefined;
    return page;
  }

  /**
   * A tab on the extension's own manifest: it has the extension APIs and runs no line of ours, so
   * a test can send intents and read snapshots without a view that would do so too.
   */
  driver(): Promise<Page> {
    this.#driver ??= this.open('manifest.json');
    return this.#driver;
  }

  /** Opens the real popup over `page`, as a click on the toolbar button does (grants activeTab). */
  async popup(over: Page): Promise<Page> {
    const extension = (await this.browser.extensions()).get(this.extensionId);
    if (extension === undefined) throw new Error(`${this.name}: the extension is not loaded`);
    await over.bringToFront();
    const before = new Set(this.browser.targets());
    await over.triggerExtensionAction(extension);
    const target = await this.browser.waitForTarget(
      (candidate) => !before.has(candidate) && candidate.url().startsWith(this.url('popup.html')),
      { timeout: START_TIMEOUT_MS },
    );
    return await target.asPage();
  }

  offscreenTarget(): Target | undefined {
    return this.browser.targets().find((target) => target.url() === this.url('offscreen.html'));
  }

  /** An unpacked extension loads itself anew only where it is told that it comes back: here it does. */
  async allowLoadingAnew(): Promise<void> {
    const page = await this.driver();
    await page.evaluate(() => chrome.storage.local.set({ loadAnew: true }));
  }

  /** Looking wakes nobody. */
  workerRuns(): boolean {
    return this.browser.targets().some(isExtensionWorker);
  }

  /** Closes the document that holds sessions, as the browser does when it was idle for long. */
  async closeOffscreen(): Promise<void> {
    if (this.offscreenTarget() === undefined) return;
    await this.inWorker(() => chrome.offscreen.closeDocument());
    await until(`${this.name}: no offscreen document`, () => this.offscreenTarget() === undefined);
  }

  /** Runs `script` in the service worker, waking it first; attached only for as long. */
  async inWorker<Args extends unknown[], Result>(
    script: Remote<Args, Result>,
    ...args: Args
  ): Promise<Awaited<Result>> {
    await this.wakeWorker();
    const target = await this.browser.waitForTarget(isExtensionWorker);
    const session = await target.createCDPSession();
    try {
      const { result, exceptionDetails } = await within(
        'an answer of the service worker',
        START_TIMEOUT_MS,
        session.send('Runtime.evaluate', {
          expression: `(${script.toString()})(...${JSON.stringify(args)})`,
          awaitPromise: true,
          returnByValue: true,
        }),
      );
      if (exceptionDetails !== undefined) {
        const { exception, text } = exceptionDetails;
        throw new Error(`${this.name}, in the worker: ${exception?.description ?? text}`);
      }
      return result.value as Awaited<Result>;
    } finally {
      await session.detach().catch(() => undefined);
    }
  }

  /** Any message starts a stopped worker, also one that nobody answers. */
  async wakeWorker(): Promise<void> {
    const page = await this.driver();
    await page.evaluate(() => {
      chrome.runtime.connect({ name: 'wake' }).disconnect();
    });
  }

  /**
   * Ends the service worker as the browser would; resolves when that worker is gone. Another one
   * may run by then: whatever wakes it does so at once.
   */
  async killWorker(): Promise<void> {
    const [before] = await this.#workerContexts();
    if (before === undefined) return;
    // Through the browser's own session: a worker that a debugger is attached to leaves a husk
    // behind, which its successor moves into.
    const session = await this.browser.target().createCDPSession();
    const { targetInfos } = await session.send('Target.getTargets');
    for (const { targetId, type, url } of targetInfos) {
      if (type !== 'service_worker' || !url.startsWith(this.url(''))) continue;
      await session.send('Target.closeTarget', { targetId });
    }
    await session.detach();
    await until(`${this.name}: the service worker to be gone`, async () => {
      return !(await this.#workerContexts()).includes(before);
    });
  }

  /** Asking wakes nobody. */
  async #workerContexts(): Promise<string[]> {
    const page = await this.driver();
    return await page.evaluate(async () => {
      const contexts = await chrome.runtime.getContexts({ contextTypes: ['BACKGROUND'] });
      return contexts.map(({ contextId }) => contextId);
    });
  }

  /** Closes the browser and starts it with the same profile; what it gives takes this one's place. */
  async restart(): Promise<ExtensionBrowser> {
    await this.browser.close();
    return await ExtensionBrowser.#start(this.#options, this.#executablePath, this.#profile);
  }

  /** Kills the browser, as a crash or a power cut does, and starts it as `restart` does. */
  async crash(): Promise<ExtensionBrowser> {
    const child = this.browser.process();
    const gone = new Promise<void>((resolve) => child?.once('exit', () => resolve()));
    // Its pipes break in the middle of whatever was said.
    for (const stream of child?.stdio ?? []) stream?.on('error', () => undefined);
    child?.kill('SIGKILL');
    await gone;
    return await ExtensionBrowser.#start(this.#options, this.#executablePath, this.#profile);
  }

  async close(): Promise<void> {
    await this.browser.close().catch(() => undefined);
    await removeFolder(this.#profile);
  }
}

function isExtensionWorker(target: Target): boolean {
  return (
    target.type() === TargetType.SERVICE_WORKER && target.url().startsWith('chrome-extension://')
  );
}

/**
 * Nobody watches, and nothing that a test forgot to set may reach a server on the Internet. Names
 * resolve to nothing; addresses are names to this rule too.
 */
const NO_OUTSIDE =
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.*, EXCLUDE 198.51.100.*';

function chromiumArguments({ window, dark, loopback }: LaunchOptions): string[] {
  return [
    // Without it a machine that has only the loopback interface gathers no candidates.
    ...(loopback === false ? [] : ['--allow-loopback-in-peer-connection']),
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--no-default-browser-check',
    '--password-store=basic',
    // Console lines of the worker and offscreen reach stderr, which needs no attached debugger.
    '--enable-logging=stderr',
    ...(dark === true ? ['--force-dark-mode'] : []),
    ...(window === undefined
      ? [NO_OUTSIDE]
      : [
          `--window-position=${window.x},${window.y}`,
          `--window-size=${window.width},${window.height}`,
          ...(window.display === undefined ? [] : ['--ozone-platform=x11']),
        ]),
  ];
}

function downloadsOf({ downloads }: LaunchOptions, profile: string): string {
  return downloads ?? join(profile, 'Downloads');
}

/** Set before the launch: the DevTools command for it ignores the names that extensions suggest. */
async function writePreferences(profile: string, downloads: string): Promise<void> {
  await mkdir(join(profile, 'Default'), { recursive: true });
  await mkdir(downloads, { recursive: true });
  await writeFile(
    join(profile, 'Default', 'Preferences'),
    JSON.stringify({
      download: { default_directory: downloads, prompt_for_download: false },
      browser: { check_default_browser: false },
      session: { restore_on_startup: 5 },
      // Without it an unpacked extension that is loaded anew does not come back.
      extensions: { ui: { developer_mode: true } },
    }),
  );
}

/** Chromium's last processes may still write while the folder goes. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
