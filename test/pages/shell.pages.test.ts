import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openApiFile } from "../../server/api-file.js";
import { ApiKeys } from "../../server/keys.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient } from "../../testing/server/api-client.js";
import { bareDesk, bareTill } from "../../testing/server/bare-servers.js";

let browser: TestBrowser;
let till: Awaited<ReturnType<typeof bareTill>>;
let desk: Awaited<ReturnType<typeof bareDesk>>;

beforeAll(async () => {
  [browser, till, desk] = await Promise.all([
    openBrowser(),
    bareTill(newFolder("memory")),
    bareDesk(newFolder("memory")),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await till?.stop();
  await desk?.stop();
});

/** A code for pairing with an API, as `key pair` shows it. */
function codeOf(folder: string): string {
  const file = openApiFile(folder);
  try {
    return new ApiKeys(file).invite("shift-lead");
  } finally {
    file.close();
  }
}

const keptKey = "localStorage.getItem('chequecard.key')";

describe.each(["till", "desk"] as const)("the page of a %s", (name) => {
  const server = () => (name === "till" ? till : desk);

  it("turns the code of its address into a key, keeps it, and clears the address", async () => {
    const { url, folder } = server();
    const { page, problems, close } = await browser.open(`${url}#pair=${codeOf(folder)}`);
    await page.getByLabel("Theme").waitFor();
    expect(page.url()).toBe(url);
    const key = (await page.evaluate(keptKey)) as string;
    expect((await apiClient(url, key)("GET", "/v1/openapi.json")).status).toBe(200);
    expect(await page.evaluate("history.length")).toBe(2);
    await page.reload();
    await page.getByLabel("Theme").waitFor();
    expect(await page.evaluate(keptKey)).toBe(key);
    expect(await problems()).toEqual([]);
    await close();
  });

  it.each([
    ["light", 320],
    ["dark", 1280],
    ["sunlight", 320],
  ] as const)("has nothing that axe finds without a key, in the theme %s at %i px", async (theme, width) => {
    const viewport = { width, height: 700 };
    const opened = await browser.open(server().url, { theme, viewport });
    await opened.page.getByRole("heading", { name: "Pair this device" }).waitFor();
    expect(await opened.accessibility()).toEqual([]);
    expect(await opened.smallTargets()).toEqual([]);
    expect(await opened.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await opened.problems()).toEqual([]);
    await opened.close();
  });

  it("pairs with the keyboard alone, and shows where the focus is", async () => {
    const { url, folder } = server();
    const { page, close } = await browser.open(url);
    await page.getByRole("heading", { name: "Pair this device" }).waitFor();
    await page.keyboard.press("Tab");
    const focus =
      "(() => { const { tagName } = document.activeElement; const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement); return [tagName, outlineStyle, outlineWidth]; })()";
    expect(await page.evaluate(focus)).toEqual(["INPUT", "solid", "3px"]);
    // The whole address may be pasted, too.
    await page.keyboard.insertText(`${url}#pair=${codeOf(folder)}`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(focus)).toEqual(["BUTTON", "solid", "3px"]);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(keptKey)).not.toBeNull();
    await close();
  });
});
