import { sha256 } from "@noble/hashes/sha2.js";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatCardId } from "../../apdu/card-id.js";
import { msat, sat } from "../../common/index.js";
import { bookUnmatched } from "../../issuer/ledger/book-unmatched.js";
import { activateCard, remaining, showCard } from "../../issuer/ledger/index.js";
import { registerSunCard } from "../../issuer/ledger/sun-cards.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { listNodes } from "../../issuer/store/index.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, keyOf } from "../../testing/server/api-client.js";
import { bareDesk } from "../../testing/server/bare-servers.js";

type Opened = Awaited<ReturnType<TestBrowser["open"]>>;
let browser: TestBrowser;
let served: Awaited<ReturnType<typeof bareDesk>>;
let desk: Opened;
let page: Page;

beforeAll(async () => {
  [browser, served] = await Promise.all([openBrowser(), bareDesk(newFolder("memory"))]);
  const { key } = keyOf(served.folder, "desk");
  desk = await browser.open(served.url, { key, theme: "light", expected: /status of 40[19]/ });
  ({ page } = desk);
});
afterAll(async () => {
  await browser?.close();
  await served?.stop();
});

const button = (name: string) => page.getByRole("button", { name, exact: true });
const dialog = () => page.getByRole("dialog");
const inDialog = (name: string) => dialog().getByRole("button", { name, exact: true });
const go = async (view: string, heading: string) => {
  await page.getByRole("link", { name: view, exact: true }).click();
  await page.getByRole("heading", { name: heading, level: 2 }).waitFor();
};

it("a payment without an authorization is written off with its reason, and nothing before a reason is given", async () => {
  const preimage = new Uint8Array(32).fill(9);
  const node = (await listNodes(served.store.db))[0]?.node ?? 0n;
  const paid = {
    node,
    paymentHash: sha256(preimage),
    preimage,
    amount: sat(5000),
    fee: msat(0n),
    sentAt: 1e12,
  };
  await bookUnmatched(served.store, [paid], Date.now());
  await go("Alerts", "Alerts");
  await button("Write off").click();
  await dialog().getByText("Write off 5,000 sat? The issuer bears it.").waitFor();
  expect(await inDialog("Write off").isDisabled()).toBe(true);
  await page.getByLabel("Reason").fill("paid by hand to the caterer");
  expect(await desk.accessibility()).toEqual([]);
  await inDialog("Write off").dblclick();
  await page.getByText("5,000 sat are written off.").waitFor();
  await page.getByText("Nothing to look at.").waitFor();
  await go("Log", "Who did what");
  await page.getByRole("cell", { name: "write-off", exact: true }).waitFor();
  expect(await page.getByRole("cell", { name: "write-off", exact: true }).count()).toBe(1);
  expect(await desk.problems()).toEqual([]);
});

it("a card that has nothing left is retired after the question with its name", async () => {
  const api = apiClient(served.url, keyOf(served.folder, "desk").key);
  const { cards } = (await api("GET", "/v1/cards")).body as {
    cards: { card: string; label: string }[];
  };
  const { card = "", label = "" } = cards[1] ?? {};
  const name = label === "" ? card : label;
  await page.goto(`${served.url}#card/${card}`);
  await page.getByRole("heading", { name, level: 2 }).waitFor();
  if (await button("Pay out").isEnabled()) {
    expect(await button("Retire card").isDisabled()).toBe(true);
    await button("Pay out").click();
    await inDialog("Pay out").click();
  }
  await button("Retire card").click();
  await dialog().getByText(`Take ${name} out of use for ever? Nothing is left on it.`).waitFor();
  await inDialog("Retire card").click();
  await page.locator(".badge.retired").waitFor();
  for (const name of ["Top up", "Block card", "Retire card"])
    expect([name, await button(name).isEnabled()]).toEqual([name, false]);
  expect(await desk.problems()).toEqual([]);
});

it("money is moved to a card's Bolt Card account and back, each once, after the question with the sum", async () => {
  const api = apiClient(served.url, keyOf(served.folder, "desk").key);
  const cardId = Buffer.from("desk-001");
  const faceId = Buffer.from("face-001");
  const face = {
    ...{ cardId: faceId, faceOf: cardId, label: "Bolt Card of A1", policy: parsePolicy({}) },
    ...{ uid: Buffer.from("04112233445566", "hex"), batch: Buffer.from("01020304", "hex") },
  };
  await registerSunCard(served.store, face, Date.now());
  await activateCard(served.store, faceId);
  await api("POST", "/v1/cards/6465-736b-2d30-3031/top-up", { body: { amount: "500sat" }, key: "face" });
  const leftOf = async (id: Uint8Array) => remaining(await showCard(served.store.db, id));
  const [card, before] = [await leftOf(cardId), await leftOf(faceId)];
  await page.goto(`${served.url}#card/${formatCardId(faceId)}`);
  await button("Move money").click();
  expect(await inDialog("Move money").isDisabled()).toBe(true);
  await page.getByLabel("Amount in sat").fill("300");
  await dialog().getByText("Move 300 sat? From the card to its Bolt Card account.").waitFor();
  expect(await desk.accessibility()).toEqual([]);
  await inDialog("Move money").dblclick();
  await page.getByText("300 sat moved.").waitFor();
  expect([await leftOf(cardId), await leftOf(faceId)]).toEqual([card - 300_000n, before + 300_000n]);
  await button("Move money").click();
  await page.getByLabel("Amount in sat").fill("100");
  await page.getByLabel("Direction").selectOption("back");
  await dialog().getByText("Move 100 sat? From the Bolt Card account to the card.").waitFor();
  await inDialog("Move money").click();
  await page.getByText("100 sat moved.").waitFor();
  expect([await leftOf(cardId), await leftOf(faceId)]).toEqual([card - 200_000n, before + 200_000n]);
  expect(await desk.problems()).toEqual([]);
});

it("a new key is shown once, opens the desk until it is ended, and is nowhere on the page afterwards", async () => {
  await go("Settings", "Settings");
  await button("New key").click();
  await page.getByLabel("Name").fill("bookkeeping");
  await inDialog("New key").click();
  const key = await dialog().locator("code").innerText();
  expect(key).toMatch(/^cqk_[0-9a-f]{12}_/);
  expect(await desk.accessibility()).toEqual([]);
  // A key that nobody has read yet is not lost by a key on the keyboard.
  await page.keyboard.press("Escape");
  await inDialog("Done").click();
  await dialog().waitFor({ state: "detached" });
  expect(await page.content()).not.toContain(key);
  const reading = apiClient(served.url, key);
  expect((await reading("GET", "/v1/overview")).status).toBe(200);
  expect((await reading("GET", "/v1/keys")).status).toBe(403);
  const row = page.getByRole("row", { name: /^bookkeeping read/ });
  await row.getByRole("button", { name: "End key" }).click();
  await dialog().getByText("End the key “bookkeeping”? Its device is out at once.").waitFor();
  await inDialog("End key").click();
  await row.getByText(/^ended /).waitFor();
  expect((await reading("GET", "/v1/overview")).status).toBe(401);
  expect(await desk.problems()).toEqual([]);
});

it("a device is paired by the code that the desk shows, and is out when its key is ended", async () => {
  await go("Settings", "Settings");
  await button("Pair a device").click();
  await page.getByLabel("May").selectOption("desk");
  await inDialog("Pair a device").click();
  await dialog().getByRole("img", { name: "Code for pairing" }).waitFor();
  const code = await dialog().locator("code").innerText();
  expect(await desk.accessibility()).toEqual([]);
  const device = await browser.open(`${served.url}#pair=${code}`, { expected: /status of 401/ });
  await device.page.getByRole("heading", { name: "Overview", level: 2 }).waitFor();
  expect(device.page.url()).not.toContain(code);
  await inDialog("Done").click();
  const row = page.getByRole("row", { name: /Linux everything/ });
  await row.getByRole("button", { name: "End key" }).click();
  await inDialog("End key").click();
  await device.page.getByText("The key of this device has ended. Pair it again.").waitFor();
  expect(await device.problems()).toEqual([]);
  await device.close();
  expect(await desk.problems()).toEqual([]);
});
