import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createEmbeddedNode } from "../../cli/embedded-node.js";
import { createCardFile } from "../../simulator/index.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { testCard } from "../../testing/cards/test-card.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram } from "../../testing/programs.js";
import { apiClient, keyOf, serveCommand } from "../../testing/server/api-client.js";
import { bareTill } from "../../testing/server/bare-servers.js";

const PROGRAM = resolve(import.meta.dirname, "../../dist/cli/main.js");
/** A browser notes on its console that a server is away. */
const expected = /ERR_|Failed to load|status of 5\d\d/;
const keptKey = "localStorage.getItem('chequecard.key')";
const PAIRING = "Pair this device";

let browser: TestBrowser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

type Opened = Awaited<ReturnType<TestBrowser["open"]>>;

/** Resolves when a page has opened its event stream. */
const streamOf = ({ page }: Opened) =>
  page.waitForResponse((answer) => answer.url().endsWith("/events") && answer.ok());

/** A page that is open, with its event stream. */
async function opened(open: Promise<Opened>): Promise<Opened> {
  const page = await open;
  const stream = streamOf(page);
  await page.page.reload();
  await stream;
  return page;
}

it("pages keep their key and connect again when the till is killed and started again, in both tabs", async () => {
  const folder = newFolder("disk");
  const shop = join(folder, "shop");
  createEmbeddedNode(shop, { alias: "bar" });
  const { card, reader } = testCard({ nodeUri: `02${"ab".repeat(32)}@127.0.0.1:9735` });
  reader.remove();
  createCardFile(join(folder, "card.json"), card);
  const start = async (port: string) => {
    const args = ["--node", shop, "--card", join(folder, "card.json"), "--http", `127.0.0.1:${port}`];
    const program = runProgram(PROGRAM, ["terminal", "serve", ...args]);
    const [url] = await program.says(/http:\/\/127\.0\.0\.1:\d+\//);
    return { program, url };
  };
  const { program: first, url } = await start("0");
  const { key } = keyOf(shop, "shift-lead");
  const one = await opened(browser.open(url, { key, expected }));
  const other = await opened(browser.openBeside(one, url, expected));
  await apiClient(url, key)("POST", "/v1/charges", { body: { amount: "10sat" }, key: "beer" });
  await first.end("SIGKILL");
  const again = [streamOf(one), streamOf(other)];
  const { program: second } = await start(new URL(url).port);
  await Promise.all(again);
  for (const tab of [one, other]) {
    expect(await tab.page.evaluate(keptKey)).toBe(key);
    expect(await tab.page.getByRole("heading", { name: PAIRING }).count()).toBe(0);
    expect(await tab.problems()).toEqual([]);
  }
  // Nothing of a sale is in a page: the till has it.
  const { body } = await apiClient(url, key)("GET", "/v1/charges/1");
  expect(body).toMatchObject({ number: 1, amount: "10000" });
  await one.close();
  await second.end("SIGTERM");
});

it("a page whose stream ends opens another, and one that is paired in another tab uses that key", async () => {
  const folder = newFolder("memory");
  const till = await bareTill(folder);
  let again: Awaited<ReturnType<typeof serveCommand>> | undefined;
  try {
    const one = await opened(browser.open(till.url, { key: keyOf(till.folder, "till").key, expected }));
    const other = await opened(browser.openBeside(one, till.url, expected));
    const { key } = keyOf(till.folder, "shift-lead");
    const withKey = streamOf(one);
    await other.page.evaluate(`localStorage.setItem("chequecard.key", ${JSON.stringify(key)})`);
    expect((await withKey).request().headers().authorization).toBe(`Bearer ${key}`);
    await till.stop();
    const afterwards = streamOf(one);
    const args = ["--node", till.folder, "--card", join(folder, "card.json")];
    again = await serveCommand([...["terminal", "serve", ...args], ...["--http", new URL(till.url).host]]);
    await afterwards;
    expect(await one.page.evaluate(keptKey)).toBe(key);
    await one.close();
  } finally {
    await (again ?? till).stop();
  }
});
