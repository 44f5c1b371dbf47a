import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumProblem, openBrowser, type TestBrowser } from "../testing/browser.js";
import { keyOf } from "../testing/server/api-client.js";
import { bareTill } from "../testing/server/bare-servers.js";
import { type Benchmark, type Figure, median } from "./measure.js";

const RUNS = 7;
/** A small tablet beside this machine. */
const SLOWDOWN = 4;

/** A page of one button, without script or style: what browser, server and connection take by themselves. */
const EMPTY =
  '<!doctype html><html lang="en"><title>x</title><main id="app"><button>x</button></main></html>';

/** Time until a page can be used, in a real Chromium, with an empty cache, at a slower processor. */
export const pagesBenchmark: Benchmark = {
  name: "Pages in a browser",
  async run() {
    const problem = chromiumProblem();
    if (problem !== undefined) {
      console.error(`  ${problem}`);
      return [];
    }
    const folder = mkdtempSync(join(tmpdir(), "chequecard-pages-"));
    const till = await bareTill(folder);
    const empty = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(EMPTY);
    });
    await new Promise<void>((resolve) => empty.listen(0, "127.0.0.1", resolve));
    const browser = await openBrowser();
    try {
      const { port } = empty.address() as AddressInfo;
      return await measured(browser, till, `http://127.0.0.1:${port}/`);
    } finally {
      await browser.close();
      empty.close();
      await till.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measured(
  browser: TestBrowser,
  till: { readonly url: string; readonly folder: string },
  empty: string,
): Promise<Figure[]> {
  const { key } = keyOf(till.folder, "shift-lead");
  const usable = async (url: string): Promise<number> => {
    const page = await browser.open(url, { key, slowdown: SLOWDOWN });
    const ms = await page.usableMs();
    await page.close();
    return ms;
  };
  const urls = [empty, till.url, `${till.url}api`];
  // Once before, and by turns, so that a machine that slows down does so for all of them.
  for (const url of urls) await usable(url);
  const times: number[][] = urls.map(() => []);
  for (let run = 0; run < RUNS; run++)
    for (const [of, url] of urls.entries()) times[of]?.push(await usable(url));
  const [base = Number.NaN, page = Number.NaN, document = Number.NaN] = times.map(median);
  const note = `median of ${RUNS}, empty cache, processor ${SLOWDOWN} times slower`;
  return [
    { name: "page of one button", value: base, unit: "ms", note },
    {
      name: "till: first usable paint",
      value: page,
      unit: "ms",
      note: `${(page / base).toFixed(1)} times the page of one button, same run`,
      goal: { atMost: 1000 },
    },
    { name: "document of the API: first paint", value: document, unit: "ms", note: "no script, same run" },
  ];
}
