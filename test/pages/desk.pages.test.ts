import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { openDeskWorld } from "../../testing/desk/desk-world.js";
import { newFolder } from "../../testing/hooks.js";
import { watchPlaces } from "../../testing/places.js";
import { apiClient } from "../../testing/server/api-client.js";

type Opened = Awaited<ReturnType<TestBrowser["open"]>>;
let browser: TestBrowser;
let world: Awaited<ReturnType<typeof openDeskWorld>>;
let desk: Opened;
let page: Page;
/** What a browser notes of a server that is away, and of refusals. */
const expected = /ERR_CONNECTION|Failed to fetch|ERR_EMPTY|ERR_INCOMPLETE|status of 40|ERR_FAILED/;
/** Where pictures of every screen go, for people to see; nowhere unless asked for. */
const PICTURES = process.env.CHEQUECARD_PICTURES;

beforeAll(async () => {
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
  [browser, world] = await Promise.all([openBrowser(), openDeskWorld(newFolder("memory"), 5)]);
  await world.start();
  await world.openShop();
  desk = await browser.open(world.url, { key: world.key, theme: "light", expected });
  ({ page } = desk);
  page.setDefaultTimeout(6_000);
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail")
    console.log(JSON.stringify(await page.locator("dialog, main").allInnerTexts()).slice(0, 1500));
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

/** A picture of what is shown, and nothing that axe finds on it. */
async function looksRight(name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  expect([name, await desk.accessibility()]).toEqual([name, []]);
}
const api = () => apiClient(world.url, world.key);
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
const dialog = () => page.getByRole("dialog");
const inDialog = (name: string | RegExp) => dialog().getByRole("button", { name });
const go = async (view: string, heading: string) => {
  await page.getByRole("link", { name: view, exact: true }).click();
  await page.getByRole("heading", { name: heading, level: 2 }).waitFor();
};
const lay = (file: string | undefined) =>
  page.getByLabel("Simulated card").selectOption(file === undefined ? "" : file);
async function cardOf(label: string): Promise<{ card: string; left: bigint; state: string }> {
  const { cards } = (await api()("GET", `/v1/search?text=${label}`)).body as {
    cards: { card: string; left: string; state: string }[];
  };
  const [{ card = "", left = "0", state = "" } = {}] = cards;
  return { card, left: BigInt(left), state };
}
const topUps = async (label: string): Promise<number> => {
  const { operations } = (await api()("GET", `/v1/cards/${(await cardOf(label)).card}`)).body as {
    operations: { kind: string }[];
  };
  return operations.filter(({ kind }) => kind === "fund").length;
};

/** Parts of the desk that lie where they lie, whatever happens. */
const FIXED = [
  ...["header h1", "header select", "nav a", ".reader", ".reader select", "main", "main h2"],
  ...[
    "main section",
    ".tile h3",
    ".batch",
    ".batch h4",
    "main form .field",
    ".actions button",
    ".facts",
    ".says",
  ],
];
/** Another tab on a view, in which everything is noted that moves. */
async function watchedBeside(view: string, width: number, wanted: readonly string[]) {
  const tab = await browser.openBeside(desk, `${world.url}#${view}`, expected);
  await tab.page.setViewportSize({ width, height: 800 });
  await tab.page.getByRole("heading", { level: 2 }).waitFor();
  await expect.poll(() => tab.page.locator(".loading").count()).toBe(0);
  return { tab, places: await watchPlaces(tab.page, FIXED, wanted) };
}

it("plans a batch and makes its cards live, goes on after a reload, and says what to do next", async () => {
  await go("Make cards", "Make cards");
  await page.getByLabel("Name of the batch").fill("first day");
  await page.getByLabel("Number of cards").fill("4");
  await page.getByLabel("Before each number").fill("A");
  await button("Plan batch").click();
  await page.getByText("“first day” is planned: 4 cards.").waitFor();
  await button("Make cards").click();
  await dialog().getByText("Make 4 cards of “first day” now?").waitFor();
  const others = await Promise.all([
    watchedBeside("closing", 320, ["section.job"]),
    watchedBeside("batches", 1280, ["section.job"]),
    watchedBeside("batches", 320, ["section.job"]),
  ]);
  await inDialog("Make cards").click();
  await page.reload();
  await page.getByText("all done").waitFor();
  await page.getByText("4 made, 0 refused, 0 taken away too early").waitFor();
  await page.getByText("4 of 4").waitFor();
  expect(await desk.problems()).toEqual([]);
  // The strip of the job moves nothing when it comes and when it goes, on a phone neither.
  for (const { tab, places } of others) {
    await tab.page.locator("section.job").waitFor({ state: "detached" });
    expect(await places.wasThere("section.job")).toBe(true);
    expect(await places.moved()).toEqual([]);
    await tab.close();
  }
});

it("opens the card that is laid down, and books a top-up once, however often the button is pressed", async () => {
  await go("Overview", "Overview");
  await lay(world.files[0]);
  await page.getByRole("heading", { name: "A0001", level: 2 }).waitFor();
  await page.getByText(/The card itself shows: 20,000 sat/).waitFor();
  const before = await topUps("A0001");
  await button("Top up").click();
  await page.getByLabel("Cash received").fill("5000");
  await looksRight("top-up");
  await inDialog("Next").click();
  await dialog().getByText("Book 5,000 sat as paid in for A0001, which has 20,000 sat?").waitFor();
  await looksRight("top-up-question");
  await inDialog("Book 5,000 sat").dblclick();
  await dialog().getByText("5,000 sat booked for A0001. It has 25,000 sat now.").waitFor();
  await dialog().getByText("The card has it.").waitFor();
  await looksRight("top-up-booked");
  await desk.shifts();
  await inDialog("Done").click();
  await page.getByText(/The card itself shows: 25,000 sat/).waitFor();
  expect(await desk.shifts()).toEqual([]);
  expect(await topUps("A0001")).toBe(before + 1);
  await page
    .getByRole("row", { name: /top-up 5,000 sat/ })
    .getByRole("button", { name: "Reverse" })
    .click();
  await dialog().getByText("Book the top-up of 5,000 sat for A0001 back, as far as it is unspent?").waitFor();
  await inDialog("Reverse").click();
  await page.getByText("5,000 sat booked back. The card has 20,000 sat now.").waitFor();
  expect((await cardOf("A0001")).left).toBe(20_000_000n);
  expect(await desk.problems()).toEqual([]);
});

it("a server that is killed between the booking and its answer has booked once", async () => {
  const before = await topUps("A0001");
  await button("Top up").click();
  await page.getByLabel("Cash received").fill("700");
  await inDialog("Next").click();
  let tries = 0;
  await page.route("**/top-up", async (route) => {
    if (tries++ > 0) return route.continue();
    await route.fetch();
    await world.kill();
    return route.abort("connectionreset");
  });
  await inDialog("Book 700 sat").click();
  // The page tries again by itself, then says that nobody answers.
  await dialog().getByText("The server does not answer.").waitFor({ timeout: 20_000 });
  await world.start();
  await inDialog("Book 700 sat").click();
  await dialog()
    .getByText(/700 sat booked for A0001/)
    .waitFor();
  await page.unroute("**/top-up");
  expect(tries).toBeGreaterThan(1);
  expect(await topUps("A0001")).toBe(before + 1);
  await inDialog("Done").click();
});

it("an order whose page is reloaded before its answer is finished under the same key, once", async () => {
  const before = await topUps("A0002");
  await page.goto(`${world.url}#card/${(await cardOf("A0002")).card}`);
  await button("Top up").click();
  await page.getByLabel("Cash received").fill("900");
  await inDialog("Next").click();
  await page.route("**/top-up", async (route) => {
    await route.fetch();
  });
  await inDialog("Book 900 sat").click();
  await expect.poll(() => topUps("A0002")).toBe(before + 1);
  await page.reload();
  await dialog()
    .getByText(/The answer to this order was lost: Book 900 sat as paid in for A0002/)
    .waitFor();
  await page.unroute("**/top-up");
  await inDialog("Finish").click();
  await page.getByText(/^It is booked\./).waitFor();
  expect(await topUps("A0002")).toBe(before + 1);
});

it("a sale shows in the plot of its hour, as a table, too, and in today's sum", async () => {
  await lay(undefined);
  await world.sell("300sat", world.files[0] ?? "");
  await go("Spending", "Spending by hour and stall");
  await page.getByText("300 sat, payments: 1").waitFor();
  await page.getByRole("img", { name: /^Spending by hour/ }).waitFor();
  await page.getByRole("cell", { name: "300 sat" }).first().waitFor();
  await go("Overview", "Overview");
  await page.getByText("300 sat", { exact: true }).waitFor();
  expect(await desk.problems()).toEqual([]);
});

it("a stall's hostile name is a text in the plot and its table, and a way to reverse a line is seen", async () => {
  const { payees } = (await world.run("report")) as { payees: { payee: string }[] };
  const names = { [payees[0]?.payee ?? ""]: `<img src=x onerror=owned()>\u202e${"w".repeat(30)}` };
  appendFileSync(join(world.issuer, "issuer.yaml"), `payees: ${JSON.stringify(names)}\n`);
  await world.kill();
  await world.start();
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto(`${world.url}#spending`);
  const name = `<img src=x onerror=owned()>\\u202e${"w".repeat(30)}`;
  await page.getByRole("columnheader", { name }).waitFor();
  await page.getByLabel("Stall").selectOption(name);
  expect(await page.locator("main img").count()).toBe(0);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
  await page.setViewportSize({ width: 1280, height: 800 });
  expect(await desk.problems()).toEqual([]);
});

it("a lost card is blocked and its money is on the new one after three clicks", async () => {
  const lost = await cardOf("A0003");
  await page.goto(`${world.url}#card/${lost.card}`);
  await page.getByRole("heading", { name: "A0003", level: 2 }).waitFor();
  const places = await watchPlaces(page, FIXED);
  await button("Card lost").click();
  await inDialog("Block card").click();
  await lay(world.files[3]);
  await dialog().getByText("Move 20,000 sat from A0003 to A0004, and retire the first for ever?").waitFor();
  await looksRight("lost");
  await inDialog("Move 20,000 sat").click();
  await page.getByText("20,000 sat moved to A0004. The lost card is retired.").waitFor();
  expect([(await cardOf("A0003")).state, (await cardOf("A0004")).left]).toEqual(["retired", 40_000_000n]);
  await page.locator(".badge.retired").waitFor();
  expect(await places.moved()).toEqual([]);
  await lay(undefined);
});

it("a card is found by its number, blocked and unblocked after the question with its name", async () => {
  await go("Cards", "Cards");
  await page.getByLabel("Number, name or id").fill("a0002");
  await button("Search").click();
  await page.getByText("Cards: 1, page 1 of 1").waitFor();
  await page.getByRole("link", { name: "A0002" }).click();
  await button("Block card").click();
  await dialog().getByText("Block A0002? Nothing more is paid for it.").waitFor();
  await inDialog("Block card").click();
  await page.locator(".badge.blocked").waitFor();
  await button("Unblock card").click();
  await inDialog("Unblock card").click();
  await page.locator(".badge.active").waitFor();
});

it.each([1280, 320])(
  "nothing moves at %i px while a card is topped up, blocked and unblocked, laid on the reader and taken away",
  async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${world.url}#card/${(await cardOf("A0002")).card}`);
    await page.getByRole("heading", { name: "A0002", level: 2 }).waitFor();
    const places = await watchPlaces(page, FIXED, [".sign.card", ".badge.blocked"]);
    await button("Top up").click();
    await page.getByLabel("Cash received").fill("11");
    await inDialog("Next").click();
    await inDialog("Book 11 sat").click();
    await dialog()
      .getByText(/11 sat booked for A0002/)
      .waitFor();
    await inDialog("Done").click();
    await button("Block card").click();
    await inDialog("Block card").click();
    await page.locator(".badge.blocked").waitFor();
    await button("Unblock card").click();
    await inDialog("Unblock card").click();
    await page.locator(".badge.active").waitFor();
    await lay(world.files[1]);
    await page.getByText(/The card itself shows/).waitFor();
    await lay(undefined);
    await page.getByText("Lay a card on the reader.").waitFor();
    for (const came of [".sign.card", ".badge.blocked"])
      expect([came, await places.wasThere(came)]).toEqual([came, true]);
    expect(await places.moved()).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  },
);

it("a hostile name on a card stays a text", async () => {
  await api()("POST", "/v1/batches", {
    body: { name: "hostile", profile: "profile.yaml", list: world.list },
  });
  await lay(world.files[4]);
  await api()("POST", "/v1/batches/hostile/run");
  await expect.poll(async () => (await cardOf("Z0001")).state).toBe("active");
  const { card } = await cardOf("Z0001");
  await page.goto(`${world.url}#card/${card}`);
  await page.getByRole("heading", { name: `Z0001 ${world.hostile}`, level: 2 }).waitFor();
  expect(await page.title()).not.toBe("taken");
  expect(await page.locator("main img").count()).toBe(0);
  expect(await desk.problems()).toEqual([]);
});

describe("a key that only reads", () => {
  it("sees every view and has nothing to press that moves anything", async () => {
    const reading = await browser.open(world.url, { key: world.readKey, theme: "light" });
    const other = reading.page;
    await other.getByText("This key only reads").waitFor();
    const { card } = await cardOf("A0001");
    for (const view of [
      "overview",
      "cards",
      `card/${card}`,
      "spending",
      "alerts",
      "batches",
      "closing",
      "audit",
      "settings",
    ]) {
      await other.goto(`${world.url}#${view}`);
      await other.getByRole("heading", { level: 2 }).waitFor();
      const buttons = await other.getByRole("button").allInnerTexts();
      const allowed = /^(Search|Previous page|Next page|More|Show|Refresh|Download list|Download report)$/;
      expect([view, buttons.filter((name) => !allowed.test(name))]).toEqual([view, []]);
    }
    expect(await reading.problems()).toEqual([]);
    await reading.close();
  });
});

const VIEWS = [
  "overview",
  "cards",
  "card",
  "spending",
  "alerts",
  "batches",
  "closing",
  "audit",
  "settings",
] as const;

it.each([
  ["light", 1280, 800],
  ["dark", 320, 700],
  ["sunlight", 320, 700],
  ["dark", 3840, 2160],
] as const)(
  "has nothing that axe finds in the theme %s at %i px, and nothing that is too wide",
  async (theme, width, height) => {
    const opened = await browser.open(world.url, { key: world.key, theme, viewport: { width, height } });
    const { card } = await cardOf("A0001");
    for (const view of VIEWS) {
      await opened.page.goto(`${world.url}#${view === "card" ? `card/${card}` : view}`);
      await opened.page.getByRole("heading", { level: 2 }).waitFor();
      await expect.poll(() => opened.page.locator(".loading").count()).toBe(0);
      if (PICTURES !== undefined) {
        await opened.page.screenshot({
          path: join(PICTURES, `${view}-${theme}-${width}.png`),
          fullPage: true,
        });
      }
      expect(await opened.page.evaluate("document.documentElement.scrollWidth"), view).toBeLessThanOrEqual(
        width,
      );
      if (theme !== "sunlight" && width < 2000)
        expect([view, await opened.accessibility()]).toEqual([view, []]);
    }
    expect(await opened.problems()).toEqual([]);
    await opened.close();
  },
);

it("works by the keyboard alone: to a card, its top-up, and out of the dialog", async () => {
  await page.goto(`${world.url}#card/${(await cardOf("A0002")).card}`);
  await button("Top up").focus();
  await page.keyboard.press("Enter");
  await dialog().waitFor();
  await page.keyboard.type("12");
  await page.keyboard.press("Enter");
  await dialog()
    .getByText(/^Book 12 sat as paid in for A0002/)
    .waitFor();
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe("Top up");
});

it("closes the event step by step, and its list has every card that was paid out", async () => {
  await go("Close event", "Close the event");
  await button("Done").click();
  await button("Block all cards").click();
  await dialog().getByText("Block all 4 active cards?").waitFor();
  await inDialog("Block all cards").click();
  await page.getByText("No card can pay any more.").waitFor();
  const { body } = await api()("GET", "/v1/closing");
  const { amount } = (body as { due: { amount: string } }).due;
  await button("Book all as paid out").click();
  const sum = new Intl.NumberFormat("en").format(BigInt(amount) / 1000n);
  await dialog().getByText(`Book ${sum} sat on 4 cards as paid out? Each card is booked once.`).waitFor();
  await inDialog("Book all as paid out").click();
  await page.getByText(`${sum} sat on 4 cards are booked as paid out.`).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button("Download list").click()]);
  expect(
    readFileSync(await download.path(), "utf8")
      .trim()
      .split("\n").length,
  ).toBe(5);
  await button("Check the books").click();
  await page.getByText("The books balance.").waitFor();
  await go("Log", "Who did what");
  await page.getByRole("cell", { name: "pay-out-all", exact: true }).waitFor();
  expect(await desk.problems()).toEqual([]);
});
