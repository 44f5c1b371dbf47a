import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { newFolder } from "../../testing/hooks.js";
import { type ApiClient, apiClient, keyOf } from "../../testing/server/api-client.js";
import { bareDesk } from "../../testing/server/bare-servers.js";

type Opened = Awaited<ReturnType<TestBrowser["open"]>>;
let browser: TestBrowser;
let served: Awaited<ReturnType<typeof bareDesk>>;
let desk: ApiClient;
let key: string;

beforeAll(async () => {
  [browser, served] = await Promise.all([openBrowser(), bareDesk(newFolder("memory"))]);
  ({ key } = keyOf(served.folder, "desk"));
  desk = apiClient(served.url, key);
});
afterAll(async () => {
  await browser?.close();
  await served?.stop();
});

/** One more than the connections that a browser opens to a server. */
const TABS = 7;

const isThere = ({ page }: Opened, text: string) => page.getByText(text).first().waitFor({ timeout: 60_000 });

/** Opens a desk in a browser of its own. @returns its tabs, the first of them, and the streams that they have opened */
async function firstTab(script = "") {
  const first = await browser.open("about:blank", { expected: /ERR_ABORTED/ });
  const streams: string[] = [];
  const context = first.page.context();
  context.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.endsWith("/events")) streams.push(pathname);
  });
  const kept = `localStorage.setItem("chequecard.key", ${JSON.stringify(key)});`;
  await context.addInitScript({ content: `if (location.protocol === "http:") { ${kept} } ${script}` });
  await first.page.goto(`${served.url}#closing`);
  await isThere(first, "Close the event");
  return { first, streams };
}

const another = async (beside: Opened): Promise<Opened> => {
  const tab = await browser.openBeside(beside, `${served.url}#closing`);
  await isThere(tab, "Close the event");
  return tab;
};

it("seven tabs of a browser share one event stream, and the next tab goes on with it when its own is closed", async () => {
  const { first, streams } = await firstTab();
  const tabs = [first];
  while (tabs.length < TABS) tabs.push(await another(first));
  await desk("POST", "/v1/closing/verify");
  for (const tab of tabs) await isThere(tab, "The books balance.");
  expect(streams).toEqual(["/v1/events"]);
  // A tab that comes later hears how things stand.
  const late = await another(first);
  await isThere(late, "The books balance.");
  await first.page.close();
  await expect.poll(() => streams).toEqual(["/v1/events", "/v1/events"]);
  await desk("POST", "/v1/closing/reconcile");
  for (const tab of [...tabs.slice(1), late]) {
    await isThere(tab, "this desk has no node");
    expect(await tab.problems()).toEqual([]);
  }
  expect(streams).toHaveLength(2);
  await late.page.context().close();
});

it("where browsers offer no locks a tab that nobody sees lets its stream go, and has it again when it is seen", async () => {
  const { first, streams } = await firstTab(`
    delete Navigator.prototype.locks;
    Object.defineProperty(document, "visibilityState", { get: () => globalThis.state ?? "visible" });`);
  const show = (tab: Opened, state: string) =>
    tab.page.evaluate(`{
      globalThis.state = ${JSON.stringify(state)};
      document.dispatchEvent(new Event("visibilitychange"));
    }`);
  const tabs = [first];
  while (tabs.length < TABS) {
    await show(tabs.at(-1) ?? first, "hidden");
    tabs.push(await another(first));
  }
  expect(streams).toHaveLength(TABS);
  await desk("POST", "/v1/closing/verify");
  await isThere(tabs.at(-1) ?? first, "The books balance.");
  expect(await first.page.getByText("The books balance.").count()).toBe(0);
  await show(first, "visible");
  await isThere(first, "The books balance.");
  expect(streams).toHaveLength(TABS + 1);
  await first.page.context().close();
});
