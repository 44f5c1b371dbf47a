import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { newFolder } from "../../testing/hooks.js";
import { type ApiClient, apiClient, keyOf } from "../../testing/server/api-client.js";
import { bareTill } from "../../testing/server/bare-servers.js";
import { tillPage } from "./till-shop.js";

const SETTINGS = "currency: eur\nplace: Bar\ntips:\n  percents: [10]\n  amounts: []\n";
const PRODUCTS = `products:
  - { name: Beer, price: 0.50eur }
  - { name: Water, price: 0.30eur }
`;

let browser: TestBrowser;
let served: Awaited<ReturnType<typeof bareTill>>;
let lead: ApiClient;
let opened: Awaited<ReturnType<TestBrowser["open"]>>;
let till: ReturnType<typeof tillPage>;

beforeAll(async () => {
  [browser, served] = await Promise.all([
    openBrowser(),
    bareTill(newFolder("memory"), SETTINGS, ["--rate", "50000eur"]),
  ]);
  writeFileSync(join(served.folder, "products.yaml"), PRODUCTS);
  const { key } = keyOf(served.folder, "shift-lead");
  lead = apiClient(served.url, key);
  // So wide that the number pad lies behind the dialogs.
  opened = await browser.open(served.url, { key, expected: /40[09]/, viewport: { width: 900, height: 800 } });
  till = tillPage(opened.page);
});
afterAll(async () => {
  await browser?.close();
  await served?.stop();
});
beforeEach(async () => {
  const { open } = (await lead("GET", "/v1/state")).body;
  if (open !== undefined) await lead("POST", `/v1/charges/${open}/cancel`, { body: {} });
  await till.page.evaluate("sessionStorage.clear()");
  await till.page.reload();
  await till.button("Charge").waitFor();
});

const entry = () => till.page.locator("output.entry").first().textContent();
const cart = () => till.page.locator(".line .name").allTextContents();
const saleCount = async () => ((await lead("GET", "/v1/sales?after=0")).body.sales as unknown[]).length;
/** Runs a script without a frame between its lines: what is not done at once is not done in it. */
const atOnce = <Result>(script: string) =>
  till.page.evaluate<Result>(`(async () => {
    const drawn = async () => { for (let turn = 0; turn < 5; turn++) await undefined; };
    const button = (text) => [...document.querySelectorAll("button")].find((one) => one.textContent.startsWith(text));
    ${script}
  })()`);
/** Answers the next request for a charge as a till does that cannot make one now. */
async function refuseNext(before: () => Promise<void> = async () => {}): Promise<void> {
  await till.page.route(
    "**/v1/charges",
    async (route) => {
      await before();
      const problem = { status: 409, code: "busy", detail: "Not now.", type: "", title: "" };
      await route.fulfill({ status: 409, json: problem, contentType: "application/problem+json" });
    },
    { times: 1 },
  );
}

describe("what is typed and tapped while the till's screens change", () => {
  it("is a dialog's from its first moment, and the focus returns to where it was", async () => {
    await till.page.keyboard.type("323");
    await till.button("Charge €3.23").waitFor();
    const behind = await atOnce<readonly unknown[]>(`
      const { x, y, width, height } = button("5").getBoundingClientRect();
      button("Charge").click();
      await drawn();
      const under = document.elementFromPoint(x + width / 2, y + height / 2);
      return [document.querySelector("dialog").matches(":modal"), button("5").contains(under)];
    `);
    expect(behind).toEqual([true, false]);
    await till.page.keyboard.press("Escape");
    const focus = await atOnce<readonly unknown[]>(`
      button("Note").focus();
      button("Note").click();
      await drawn();
      const during = document.activeElement.tagName;
      button("Back").click();
      await drawn();
      return [during, document.activeElement.textContent];
    `);
    expect(focus).toEqual(["INPUT", "Note"]);
  });

  /** Where the button for no tip lies over a key of the number pad. */
  const overKey = () =>
    atOnce<{ readonly x: number; readonly y: number }>(`
      const keys = [...document.querySelectorAll(".sell .key")].filter((key) => /^\\d$/.test(key.textContent));
      const tip = button("No tip").getBoundingClientRect();
      const [key] = keys.map((one) => one.getBoundingClientRect()).filter((one) =>
        Math.min(one.right, tip.right) - Math.max(one.left, tip.left) > 8 &&
        Math.min(one.bottom, tip.bottom) - Math.max(one.top, tip.top) > 8);
      return { x: Math.max(key.left, tip.left) + 4, y: Math.max(key.top, tip.top) + 4 };
    `);

  it("a second click of a double click presses nothing that the first has brought there", async () => {
    await till.page.keyboard.type("323");
    await till.button("Charge €3.23").waitFor();
    await till.page.keyboard.press("Enter");
    await till.button("No tip").waitFor();
    const { x, y } = await overKey();
    let clicked = () => {};
    const both = new Promise<void>((resolve) => {
      clicked = resolve;
    });
    await refuseNext(() => both);
    await till.page.mouse.dblclick(x, y);
    clicked();
    await till.page.getByText("Not now.").waitFor();
    expect(await entry()).toBe("€3.23");
    await till.page.mouse.click(x, y);
    expect(await entry()).toMatch(/^€32.3\d$/);
  });

  it("a second tap of a finger presses nothing that the first has brought there", async () => {
    await till.page.keyboard.type("323");
    await till.button("Charge €3.23").waitFor();
    await till.page.keyboard.press("Enter");
    await till.button("No tip").waitFor();
    const { x, y } = await overKey();
    await refuseNext();
    const tapped = await atOnce<readonly string[]>(`
      const tap = () => {
        const under = document.elementFromPoint(${x}, ${y}).closest("button");
        const how = { pointerType: "touch", detail: 1, clientX: ${x}, clientY: ${y}, bubbles: true, cancelable: true };
        under.dispatchEvent(new PointerEvent("click", how));
        return under.textContent;
      };
      const first = tap();
      await drawn();
      return [first, tap()];
    `);
    expect(tapped).toEqual(["No tip", expect.stringMatching(/^\d$/)]);
    await till.page.getByText("Not now.").waitFor();
    expect(await entry()).toBe("€3.23");
  });

  it("a double click takes one line out of the cart, and a rate is confirmed by a click of its own", async () => {
    const { page, button } = till;
    await button("Products").click();
    await button(/^Beer/).click();
    await button(/^Water/)
      .first()
      .click();
    await button("One less: Beer").dblclick();
    expect(await cart()).toEqual(["Water"]);
    await button(/^1 BTC/).click();
    await page.getByLabel("Price of one bitcoin").fill("5");
    const set = button("Set the rate");
    const { x = 0, y = 0 } = (await set.boundingBox()) ?? {};
    await set.click();
    await button("Yes, it is meant").waitFor();
    await page.mouse.move(x + 20, y + 20);
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    expect(await button("Yes, it is meant").count()).toBe(1);
    expect((await lead("GET", "/v1/rate")).body).toMatchObject({ last: { price: "50000eur" } });
  });

  it("a key that is held presses once", async () => {
    const count = await saleCount();
    await till.page.keyboard.type("10");
    await till.button("Charge €0.10").waitFor();
    await till.page.keyboard.down("Enter");
    await till.button("No tip").waitFor();
    for (let repeat = 0; repeat < 3; repeat++) await till.page.keyboard.down("Enter");
    await till.page.keyboard.up("Enter");
    expect(await till.button("No tip").count()).toBe(1);
    await till.page.keyboard.down("Escape");
    expect(await saleCount()).toBe(count);
    await till.page.keyboard.up("Escape");
  });

  it("digits are the tip's while another tip is asked for, and no sale's while a dialog is open", async () => {
    const { page, button } = till;
    await button(/^1 BTC/).click();
    await page.getByRole("heading", { name: "Rate" }).click();
    await page.keyboard.type("7");
    await button("Back").click();
    expect(await entry()).toBe("€0.00");
    await page.keyboard.type("100");
    await button("Charge €1.00").click();
    await button("Other tip").click();
    await page.keyboard.type("25");
    await page.keyboard.press("Enter");
    await page.locator(".charge .number").waitFor();
    expect(await page.locator(".charge .sum strong").textContent()).toBe("€1.25");
  });

  it("nothing typed before another part of the till was opened is typed again after it", async () => {
    const { page, button } = till;
    await till.sell("100");
    await button("Cancel").click();
    await till.isAt("Cancelled");
    await page.keyboard.press("2");
    await expect.poll(entry).toBe("€0.02");
    await button("Sales").click();
    await button("Sell").click();
    expect(await entry()).toBe("€0.00");
  });

  it("a cart that was charged is empty afterwards, even where the page was loaded again before the answer", async () => {
    const { page, button } = till;
    const count = await saleCount();
    await button("Products").click();
    await button(/^Beer/).click();
    await button("Charge €0.50").click();
    const carriedOut = new Promise<void>((resolve) => {
      void page.route(
        "**/v1/charges",
        async (route) => {
          await route.fetch();
          resolve();
        },
        { times: 1 },
      );
    });
    await button("No tip").click();
    await carriedOut;
    await page.reload();
    await page.locator(".charge .number").waitFor();
    await expect.poll(() => page.evaluate("sessionStorage.getItem('chequecard.pending')")).toBeNull();
    await button("Cancel").click();
    await till.isAt("Cancelled");
    await till.next();
    await page.getByText("Type an amount or choose products.").waitFor();
    expect(await saleCount()).toBe(count + 1);
    expect(await opened.problems()).toEqual([]);
  });
});

describe("a refusal of the till's API", () => {
  it("is said in the page's language, without names of fields and commands", async () => {
    const { page } = till;
    await page.route("**/v1/state", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), language: "de" } });
    });
    await page.reload();
    const button = (name: string | RegExp) => page.getByRole("button", { name });
    await button("Artikel").click();
    await button(/^Beer/).click();
    writeFileSync(join(served.folder, "products.yaml"), PRODUCTS.replace("Beer", "Ale"));
    await button(/^Ale/).waitFor();
    await page.getByText("Ein Artikel im Warenkorb wird nicht mehr verkauft.").waitFor();
    await page.getByText("Den Artikel aus dem Warenkorb nehmen.").waitFor();
    await button(/^1 Bitcoin/).click();
    await page.getByLabel("Preis eines Bitcoins").fill("viel");
    await button("Kurs setzen").click();
    await page.getByText("Das ist kein Preis.").waitFor();
    await page.unroute("**/v1/state");
    writeFileSync(join(served.folder, "products.yaml"), PRODUCTS);
  });
});
