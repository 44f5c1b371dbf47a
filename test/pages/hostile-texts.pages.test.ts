import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, keyOf } from "../../testing/server/api-client.js";
import { bareDesk, bareTill } from "../../testing/server/bare-servers.js";

let browser: TestBrowser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

/** Texts that turn a line around, hide something, or stretch what they stand in; 64 characters is the most of a name. */
const STRANGE = ["\u202e0005 no\u2066", "x".repeat(64), "🎪🧑‍🚀".repeat(6), "\u0000\u200b\u0007!"];

/** A text that does something wherever it is taken for HTML, script, an address or an attribute; short, for labels. */
const hostile = (name: string): string => `<img src=x onerror=owned()>"'${name}`;

type Opened = Awaited<ReturnType<TestBrowser["open"]>>;

/** What a page shows, and what stands in its fields and attributes, on the screen that is open. */
const shown = ({ page }: Opened): Promise<string> =>
  page.evaluate(
    "document.body.innerText + [...document.querySelectorAll('[aria-label], [title]')].map((one) => one.getAttribute('aria-label') + one.title).join()",
  );

/** Opens each part of a page in turn. @returns everything that they have shown */
async function walk(opened: Opened): Promise<string> {
  const { page } = opened;
  const parts = page.getByRole("navigation").locator("button, a");
  await parts.first().waitFor();
  let text = await shown(opened);
  for (let at = 0; at < (await parts.count()); at++) {
    await parts.nth(at).click();
    await page.evaluate("new Promise((done) => setTimeout(done, 300))");
    text += await shown(opened);
  }
  return text;
}

async function expectUnharmed({ page, problems }: Opened): Promise<void> {
  expect(await page.locator("img").count()).toBe(0);
  expect(await problems()).toEqual([]);
}

it("the till and the customer's screen show hostile names of places, products and sales as texts", async () => {
  const folder = newFolder("memory");
  const shop = join(folder, "shop");
  const till = await bareTill(folder, `place: ${JSON.stringify(hostile("place"))}\ncurrency: eur\n`);
  try {
    const products = { products: [{ name: hostile("product"), price: "100sat", group: hostile("group") }] };
    writeFileSync(join(shop, "products.yaml"), JSON.stringify(products));
    const { key } = keyOf(till.folder, "shift-lead");
    const lead = apiClient(till.url, key);
    const page = await browser.open(till.url, { key });
    const screen = await browser.openBeside(page, `${till.url}customer`);
    await expect.poll(() => shown(page)).toContain(hostile("product"));
    const made = await lead("POST", "/v1/charges", {
      body: { amount: "10sat", description: hostile("sale") },
      key: "hostile",
    });
    expect(made.status).toBe(201);
    await expect.poll(() => shown(screen)).toContain("10 sat");
    const text = await walk(page);
    for (const name of ["place", "sale"]) expect(text).toContain(hostile(name));
    await expectUnharmed(page);
    await expectUnharmed(screen);
    await page.close();
  } finally {
    await till.stop();
  }
});

it("the desk shows hostile notes and names of keys as texts, and says what is hidden in them", async () => {
  const desk = await bareDesk(newFolder("memory"));
  try {
    const { key } = keyOf(desk.folder, "desk");
    const ask = apiClient(desk.url, key);
    const page = await browser.open(desk.url, { key, viewport: { width: 320, height: 700 } });
    const { cards } = (await ask("GET", "/v1/cards")).body as { cards: { card: string }[] };
    const [{ card = "" } = {}] = cards;
    const notes = [hostile("note"), ...STRANGE, "y".repeat(200)];
    for (const [at, note] of notes.entries()) {
      const order = { body: { amount: "100sat", note }, key: `hostile-${at}` };
      expect((await ask("POST", `/v1/cards/${card}/top-up`, order)).status).toBe(200);
    }
    for (const name of [hostile("key"), ...STRANGE])
      expect((await ask("POST", "/v1/keys", { body: { name, role: "read" } })).status).toBe(201);
    let text = await walk(page);
    for (const name of [hostile("key"), "\\u202e0005 no\\u2066", "x".repeat(64)])
      expect(text).toContain(name);
    await page.page.goto(`${desk.url}#card/${card}`);
    await expect.poll(async () => (text += await shown(page))).toContain("y".repeat(200));
    for (const note of [hostile("note"), "\\u202e0005 no\\u2066"]) expect(text).toContain(note);
    // Nothing that turns a line around or hides reaches a screen, and nothing is too wide for a phone.
    expect(text).not.toMatch(/\p{Cf}/u);
    for (const view of ["settings", "audit", `card/${card}`]) {
      await page.page.goto(`${desk.url}#${view}`);
      await page.page.getByRole("heading", { level: 2 }).waitFor();
      await expect.poll(() => page.page.locator(".loading").count()).toBe(0);
      expect(await page.page.evaluate("document.documentElement.scrollWidth"), view).toBeLessThanOrEqual(320);
    }
    await page.page.goto(`${desk.url}#settings`);
    const row = page.page.getByRole("row", { name: /0005 no/ });
    await row.getByRole("button", { name: "End key" }).click();
    const question = page.page.getByRole("dialog").getByText("\\u202e0005 no\\u2066");
    await question.waitFor();
    await expectUnharmed(page);
    await page.close();
  } finally {
    await desk.stop();
  }
});
