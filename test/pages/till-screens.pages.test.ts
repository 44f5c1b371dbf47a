import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { newFolder } from "../../testing/hooks.js";
import { keyOf, serveCommand } from "../../testing/server/api-client.js";
import { tillPage, tillShop } from "./till-shop.js";

type Opened = Awaited<ReturnType<TestBrowser["open"]>>;
let browser: TestBrowser;
let shop: Awaited<ReturnType<typeof tillShop>>;
let served: Awaited<ReturnType<typeof serveCommand>>;
let key: string;
/** Where pictures of every screen go, for people to see; nowhere unless asked for. */
const PICTURES = process.env.CHEQUECARD_PICTURES;
const PHONE = { width: 320, height: 700 };
/** Every screen is seen in every theme and at every width; the last is the one that tests go on with. */
const LOOKS = [
  ["dark", { width: 1280, height: 800 }],
  ["sunlight", { width: 3840, height: 2160 }],
  ["light", PHONE],
] as const;

beforeAll(async () => {
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
  [browser, shop] = await Promise.all([openBrowser(), tillShop(newFolder("memory"))]);
  served = await serveCommand(shop.args);
  ({ key } = keyOf(shop.folder, "shift-lead"));
});
afterAll(async () => {
  await shop?.take();
  await browser?.close();
  await served?.stop();
  await shop?.close();
});
let shownPage: Opened["page"] | undefined;
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await shownPage?.locator("body").innerText());
});

/** Texts that do not fit into their place or are broken within a word, and what reaches out of the page. */
const cutTexts = ({ page }: Opened) =>
  page.evaluate<readonly string[]>(`
    [...document.querySelectorAll("html, dialog, button, h1, h2, output, dt, dd, .state p, .sum strong, .status li")]
      .filter((one) => one.clientWidth > 0 && getComputedStyle(one).display !== "inline").flatMap((one) => {
        const told = [one.tagName + " " + one.className + " " + one.textContent.slice(0, 60)];
        if (one.scrollWidth > one.clientWidth + 1) return told;
        if (one.tagName !== "BUTTON" || one.textContent.includes("<")) return [];
        one.style.overflowWrap = "normal";
        const isBroken = one.scrollWidth > one.clientWidth + 1;
        one.style.overflowWrap = "";
        return isBroken ? told : [];
      })`);

/** Holds that a screen has nothing that axe finds, small, cut, or moved by what came before it. */
async function look(opened: Opened, name: string): Promise<void> {
  const { page } = opened;
  const moved = (await opened.shifts()).filter((shift) => Number.parseFloat(shift) >= 0.001);
  expect([name, moved]).toEqual([name, []]);
  for (const [theme, viewport] of LOOKS) {
    await page.setViewportSize(viewport);
    await page.evaluate(`document.documentElement.dataset.theme = "${theme}"`);
    const { width } = viewport;
    if (PICTURES !== undefined)
      await page.screenshot({ path: join(PICTURES, `${name}-${width}.png`), fullPage: true });
    const found = [
      await opened.accessibility(),
      await opened.smallTargets(),
      await cutTexts(opened),
      await opened.problems(),
    ];
    expect([name, width, ...found]).toEqual([name, width, [], [], [], []]);
  }
  await opened.shifts();
}

/** Holds that so many parts are whole within what is seen. */
async function expectSeen({ page }: Opened, parts: string, count: number): Promise<void> {
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  const all = await page.locator(parts).all();
  expect(all).toHaveLength(count);
  for (const one of all) {
    const box = await one.boundingBox();
    if (!box) throw new Error(`${parts}: one is not shown`);
    expect([box.x >= 0, box.y >= 0]).toEqual([true, true]);
    // Scrolling goes by whole pixels.
    expect(Math.floor(box.x + box.width)).toBeLessThanOrEqual(width);
    expect(Math.floor(box.y + box.height)).toBeLessThanOrEqual(height);
  }
}
const expectPadIsSeen = (opened: Opened) => expectSeen(opened, ".pin .key, .pin .dots", 13);

it("every screen of a sale is whole, readable and still, on a phone, a screen and a television, in every theme", async () => {
  const opened = await browser.open(served.url, { key, expected: /409/, theme: "light", viewport: PHONE });
  const screen = await browser.openBeside(opened, `${served.url}customer`);
  await screen.page.setViewportSize(PHONE);
  const till = tillPage(opened.page);
  const { page, button } = till;
  shownPage = page;
  page.setDefaultTimeout(20_000);
  await button("Charge").waitFor();
  await look(opened, "sell");
  await screen.page.getByRole("heading", { name: "Festival bar" }).waitFor();
  await screen.shifts();
  await look(screen, "customer-idle");
  await button("Products").click();
  await button(/^Beer/).click();
  await button(/^<b onclick/)
    .first()
    .click();
  await page.getByText("€1.50").first().waitFor();
  await opened.shifts();
  await look(opened, "cart");
  await button("Note").click();
  await look(opened, "note");
  await page.getByLabel("Note on the receipt").fill("Table 4, no onions");
  await button("OK").click();
  await button(/^Charge .+/).click();
  await page.getByText("€0.15").waitFor();
  await opened.shifts();
  await look(opened, "tip");
  await button("Other tip").click();
  await opened.shifts();
  await look(opened, "other-tip");
  await button("Back").click();
  await button("No tip").click();
  await till.isAt("Tap or scan");
  await opened.shifts();
  await look(opened, "tap-or-scan");
  await screen.page.getByRole("heading", { name: "Please pay" }).waitFor();
  await screen.shifts();
  await look(screen, "customer-pay");
  await button("Cancel").click();
  await till.isAt("Cancelled");
  await look(opened, "cancelled");
  await till.next();
  await till.sell("500");
  await button("Yes, it is meant").waitFor();
  await opened.shifts();
  await look(opened, "confirm");
  await button("No, change it").click();
  for (let digits = 3; digits > 0; digits--) await page.keyboard.press("Backspace");

  await till.sell("300");
  await till.isAt("Tap or scan");
  await expectSeen(opened, ".stage svg", 1);
  await opened.shifts();
  await shop.lay("guest");
  await till.isAt("PIN, please");
  await expectPadIsSeen(opened);
  await look(opened, "pin");
  await page.setViewportSize({ width: 360, height: 640 });
  await page.keyboard.type("111111");
  await page.keyboard.press("Enter");
  await page.getByText("The PIN was wrong. Tries left: 2").waitFor();
  await expectPadIsSeen(opened);
  await page.setViewportSize(PHONE);
  await opened.shifts();
  await look(opened, "pin-wrong");
  await page.keyboard.press("Escape");
  await till.isAt("Not taken");
  await expectSeen(opened, ".state", 1);
  // On a phone the reasons of cards are longer than their place.
  await opened.shifts();
  await look(opened, "refused");
  await button("Cancel").click();
  await till.isAt("Cancelled");
  await till.next();
  await till.sell("080");
  await page.getByText("Please take the card away.").waitFor();
  await opened.shifts();
  await look(opened, "busy");
  await shop.take();
  await button("Charge €0.80").click();
  await button("No tip").click();
  await till.isAt("Tap or scan");
  await opened.shifts();
  await shop.lay("limited");
  await till.isAt("Declined");
  await expectSeen(opened, ".state", 1);
  await opened.shifts();
  await look(opened, "declined");
  await shop.take();
  await till.next();

  await till.sell("100");
  await till.isAt("Tap or scan");
  await opened.shifts();
  await shop.layTorn("visitor");
  await till.isAt("Hold it there again");
  await expectSeen(opened, ".state", 1);
  await opened.shifts();
  await look(opened, "torn");
  await shop.lay("visitor");
  await till.isAt("Paid");
  await shop.take();
  await screen.close();
  await opened.close();
});
