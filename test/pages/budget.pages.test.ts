import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { newFolder } from "../../testing/hooks.js";
import { keyOf } from "../../testing/server/api-client.js";
import { bareTill } from "../../testing/server/bare-servers.js";

/** Of everything that the first screen of a till loads, in bytes as they travel. */
const BUDGET = 100_000;

let browser: TestBrowser;
let till: Awaited<ReturnType<typeof bareTill>>;

beforeAll(async () => {
  [browser, till] = await Promise.all([openBrowser(), bareTill(newFolder("memory"))]);
});
afterAll(async () => {
  await browser?.close();
  await till?.stop();
});

it("the first screen of a till loads at most 100 kB, compressed, in every language", async () => {
  for (const locale of ["en", "de", "fr", "es"]) {
    const { page, close } = await browser.open("about:blank", { locale });
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    const types = new Map<string, string>();
    const loaded = new Map<string, number>();
    session.on("Network.responseReceived", ({ requestId, type }) => types.set(requestId, type));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) =>
      loaded.set(requestId, encodedDataLength),
    );
    await page.addInitScript({
      content: `localStorage.setItem("chequecard.key", ${JSON.stringify(keyOf(till.folder, "till").key)})`,
    });
    await page.goto(till.url);
    await expect.poll(() => page.evaluate("document.querySelector('#app').childElementCount")).not.toBe(0);
    await expect.poll(() => [...loaded.keys()].map((id) => types.get(id))).toContain("Fetch");
    const kinds = [...loaded.keys()].map((id) => types.get(id));
    expect(kinds).toEqual(expect.arrayContaining(["Document", "Script", "Stylesheet"]));
    const total = [...loaded.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeGreaterThan(5_000);
    expect(total).toBeLessThanOrEqual(BUDGET);
    await close();
  }
});
