import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Debian's. */
const CHROMIUM = process.env.CHEQUECARD_CHROMIUM ?? "/usr/bin/chromium";

const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** What a page tells of itself while it runs. */
interface Recorded {
  readonly shifts: { readonly value: number; readonly moved: readonly string[] }[];
  readonly violations: string[];
}

/** Runs in the page before anything of it: notes shifts of the layout and violations of its policy. */
const RECORD = `
  let drawn;
  globalThis.recorded = { shifts: [], violations: [], usable: new Promise((resolve) => { drawn = resolve; }) };
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) =>
    recorded.violations.push(effectiveDirective + " " + blockedURI + " " + sample));
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      recorded.shifts.push({
        value,
        moved: sources.map(({ node }) => (node?.outerHTML ?? node?.textContent ?? "?").slice(0, 80)),
      });
  }).observe({ type: "layout-shift", buffered: true });
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#app :is(button, input, select):enabled, a[href]")) return;
    observer.disconnect();
    // After the frame in which it is drawn.
    requestAnimationFrame(() => setTimeout(() => drawn(performance.now())));
  }).observe(document, { subtree: true, childList: true });
`;

/** A page in a real browser, watched for what no page of ours may do. */
interface WatchedPage {
  readonly page: Page;
  /** Requests to other origins, violations of the policy, errors on the console, exceptions; empty: nothing. */
  problems(): Promise<readonly string[]>;
  /** Shifts of the layout since it was last asked, with what moved; those right after an input count, too. */
  shifts(): Promise<readonly string[]>;
  /** Milliseconds from the navigation until the first control or link was drawn. */
  usableMs(): Promise<number>;
  /** Controls that are shown and smaller than 44 by 44 pixels, which fingers miss. */
  smallTargets(): Promise<readonly string[]>;
  /** What axe finds on what is shown, at the level of WCAG 2.2 AA and as best practice. */
  accessibility(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** How a page is opened. */
interface PageOptions extends BrowserContextOptions {
  /** Kept in the page's storage before it loads. */
  readonly key?: string;
  readonly theme?: "light" | "dark" | "sunlight";
  /** How many times slower the processor is. */
  readonly slowdown?: number;
  /** Resource errors that a test provokes: lines of the console that match are no problem. */
  readonly expected?: RegExp;
}

/** A real Chromium, with an empty profile. */
export interface TestBrowser {
  readonly browser: Browser;
  /** Opens an address in a profile of its own. */
  open(url: string, options?: PageOptions): Promise<WatchedPage>;
  /** Opens an address in the profile of another page: another tab. */
  openBeside(beside: WatchedPage, url: string, expected?: RegExp): Promise<WatchedPage>;
  close(): Promise<void>;
}

async function watch(page: Page, expected: RegExp | undefined): Promise<WatchedPage> {
  const problems: string[] = [];
  let origin: string | undefined;
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!/^https?:$/.test(url.protocol)) return;
    origin ??= url.origin;
    if (url.origin !== origin) problems.push(`request to another origin: ${url.href}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      if (!expected?.test(message.text())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  /** Takes what was noted until now. */
  const taken = <Name extends keyof Recorded>(name: Name) =>
    page.evaluate<Recorded[Name]>(`recorded.${name}.splice(0)`);
  return {
    page,
    async problems() {
      for (const text of await taken("violations")) problems.push(`policy: ${text}`);
      return [...problems];
    },
    async shifts() {
      // A frame has to be drawn before its shifts are reported.
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      return (await taken("shifts")).map(({ value, moved }) => `${value.toFixed(4)}: ${moved.join(" | ")}`);
    },
    smallTargets: () =>
      page.evaluate<
        string[]
      >(`[...document.querySelectorAll("button, select, input, textarea, summary, a.button")].flatMap((one) => {
        const { width, height } = one.getBoundingClientRect();
        return width === 0 || (width >= 44 && height >= 44) ? [] : [width + "x" + height + " " + one.outerHTML.slice(0, 80)];
      })`),
    usableMs: () => page.evaluate<number>("recorded.usable"),
    async accessibility() {
      await page.evaluate(axe.source);
      const found = (await page.evaluate(
        "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
      )) as {
        violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
      };
      return found.violations.flatMap(({ id, help, nodes }) =>
        nodes.map(
          ({ html, failureSummary = "" }) => `${id}: ${help}: ${html.slice(0, 160)} ${failureSummary}`,
        ),
      );
    },
    close: () => page.close(),
  };
}

/** Why no page can be opened; undefined: it can. */
export const chromiumProblem = (): string | undefined =>
  existsSync(CHROMIUM) ? undefined : `no Chromium at ${CHROMIUM}: apt-get install chromium`;

/** Starts a real Chromium. @param flags further ones @throws Error where there is none */
export async function openBrowser(...flags: string[]): Promise<TestBrowser> {
  const problem = chromiumProblem();
  if (problem !== undefined) throw new Error(problem);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, ...flags],
    headless: true,
  });
  return {
    browser,
    async open(url, { key, theme, slowdown, expected, ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      // Against hanging, not against slowness.
      context.setDefaultTimeout(120_000);
      await context.addInitScript({ content: RECORD });
      const { origin } = new URL(url);
      const kept = [
        ...(key === undefined ? [] : [["chequecard.key", key]]),
        ...(theme === undefined ? [] : [["chequecard.theme", theme]]),
      ];
      // Once, not at every load: the page may forget it.
      if (kept.length > 0)
        await context.setStorageState({
          cookies: [],
          origins: [{ origin, localStorage: kept.map(([name = "", value = ""]) => ({ name, value })) }],
        });
      const page = await context.newPage();
      const watched = await watch(page, expected);
      if (slowdown !== undefined)
        await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: slowdown });
      await page.goto(url);
      return { ...watched, close: () => context.close() };
    },
    async openBeside({ page: beside }, url, expected) {
      const page = await beside.context().newPage();
      const watched = await watch(page, expected);
      await page.goto(url);
      return watched;
    },
    close: () => browser.close(),
  };
}
