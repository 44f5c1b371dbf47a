import { resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { PIN } from "../../testing/cards/test-card.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram } from "../../testing/programs.js";
import { type ApiClient, apiClient, keyOf, serveCommand } from "../../testing/server/api-client.js";
import { killPcscd, startPcscd } from "../pcscd/private-pcscd.js";
import { tillPage, tillShop } from "./till-shop.js";

let browser: TestBrowser;
let shop: Awaited<ReturnType<typeof tillShop>>;
let served: { readonly url: string; stop(): Promise<unknown> };
let lead: ApiClient;
let leadKey: string;
let opened: Awaited<ReturnType<TestBrowser["open"]>>;
let till: ReturnType<typeof tillPage>;

beforeAll(async () => {
  [browser, shop] = await Promise.all([openBrowser(), tillShop(newFolder("memory"))]);
  await shop.installPack();
  served = await serveCommand(shop.args);
  leadKey = keyOf(shop.folder, "shift-lead").key;
  lead = apiClient(served.url, leadKey);
  opened = await browser.open(served.url, { key: leadKey, expected: /ERR_FAILED|409/ });
  till = tillPage(opened.page);
});
afterAll(async () => {
  await shop?.take();
  await browser?.close();
  await served?.stop();
  await shop?.close();
});

// What the page showed says why.
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(await till.page.locator("body").innerText());
});

interface ListedSale {
  readonly number: number;
  readonly state: string;
  readonly amount: string;
  readonly description: string;
}
const sales = async (): Promise<readonly ListedSale[]> =>
  (await lead("GET", "/v1/sales?after=0")).body.sales as ListedSale[];
const lastSale = async () => (await sales()).at(-1);
const openInvoice = async (): Promise<string> => {
  const { open } = (await lead("GET", "/v1/state")).body;
  return String((await lead("GET", `/v1/charges/${open}`)).body.invoice);
};
/** Less of a shift is a text that grows in its place. */
const MIN_SEEN = 0.001;
/** The layout did not move, and the page did nothing that it may not. */
async function expectCalm(): Promise<void> {
  const seen = (await opened.shifts()).filter((shift) => Number.parseFloat(shift) >= MIN_SEEN);
  expect(seen).toEqual([]);
  expect(await opened.problems()).toEqual([]);
}

describe("a sale in the till's page", () => {
  it("is typed without a unit, put together from products, tipped, and paid by the card on the reader", async () => {
    const { page, button } = till;
    await button(/^Beer/).first().click();
    await button(/^Beer/).first().click();
    await button(/^<b onclick/)
      .first()
      .click();
    await page.keyboard.type("123");
    await page.keyboard.press("Enter");
    await page.getByText("for €3.23").waitFor();
    await opened.shifts();
    await button(/^10 % ?€0.32/).click();
    await till.isAt("Tap or scan");
    expect(await page.getByRole("img", { name: "QR code of the invoice over €3.55" }).count()).toBe(1);
    expect(await lastSale()).toMatchObject({ state: "open", amount: "7100000" });
    await shop.lay("guest");
    await till.isAt("PIN, please");
    await page.keyboard.press("Escape");
    await till.isAt("Not taken");
    await button("Cancel").click();
    await till.isAt("Cancelled");
    expect(await till.page.locator(".state").textContent()).toContain(
      "Nothing was paid, and nothing can be.",
    );
    await shop.take();
    await till.next();

    await button(/^Water/)
      .first()
      .click();
    await page.keyboard.type("50");
    await button("Charge €0.80").click();
    await button("No tip").click();
    await till.isAt("Tap or scan");
    await shop.lay("guest");
    await till.isAt("Paid");
    expect(await lastSale()).toMatchObject({
      state: "paid",
      amount: "1600000",
      description: "Water, 0.50 EUR",
    });
    expect(await shop.account("guest")).toMatchObject({ spent: sat(1600) });
    await shop.take();
    await expectCalm();
  });

  it("is followed by the next one with the first digit, without a reload", async () => {
    await till.page.keyboard.type("2");
    await expect.poll(() => till.page.locator("output.entry").textContent()).toBe("€0.02");
    await till.page.keyboard.press("Backspace");
  });

  it("loses no key that is pressed as soon as a screen or a dialog has changed, before it is drawn", async () => {
    const { page, button } = till;
    const entry = () => page.locator("output.entry").first().textContent();
    const pressAtOnce = (first: string, ...keys: string[]) =>
      page.evaluate<void>(`(async () => {
        ${first};
        for (const key of ${JSON.stringify(keys)}) {
          await new Promise((turn) => setTimeout(turn));
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        }
      })()`);
    await page.reload();
    await till.sell("030");
    await till.isAt("Tap or scan");
    await button("Cancel").click();
    await till.isAt("Cancelled");
    const press = (key: string) =>
      `document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "${key}", bubbles: true }))`;
    await pressAtOnce(press("1"), "2", "3");
    await expect.poll(entry).toBe("€1.23");
    await button("Note").click();
    await pressAtOnce('document.querySelector("dialog [type=submit]").click()', "4", "5");
    await expect.poll(entry).toBe("€123.45");
    for (let digits = 5; digits > 0; digits--) await page.keyboard.press("Backspace");
    await expect.poll(entry).toBe("€0.00");
    // The digits alone, which grow in their place.
    expect((await opened.shifts()).filter((shift) => !/^0\.00\d\d: €[\d.]+$/.test(shift))).toEqual([]);
  });

  it("takes a PIN on keys in another order each time, by touch and by keys, and keeps it nowhere", async () => {
    const { page, button } = till;
    await till.sell("300");
    await shop.lay("guest");
    await till.isAt("PIN, please");
    const order = () => page.locator(".pin .key").allTextContents();
    const first = await order();
    expect([...first].sort().join("")).toBe([..."0123456789", "OK", "⌫"].sort().join(""));
    // The answer to the PIN arrives after what has become of it: the later state stays.
    await page.route(
      "**/pin",
      async (route) => {
        const answer = await route.fetch();
        await page.getByText("The PIN was wrong. Tries left: 2").waitFor();
        await route.fulfill({ response: answer });
      },
      { times: 1 },
    );
    await page.keyboard.type("111111");
    const answered = page.waitForResponse("**/pin");
    await page.keyboard.press("Enter");
    await answered;
    await page.getByText("The PIN was wrong. Tries left: 2").waitFor();
    expect(await order()).not.toEqual(first);
    for (const digit of PIN) await page.locator(".pin .key", { hasText: new RegExp(`^${digit}$`) }).click();
    expect(await page.locator(".dots").textContent()).toBe("●".repeat(PIN.length));
    const places = `document.documentElement.outerHTML.replace(/<svg[\\s\\S]*?<\\/svg>/g, "") +
      [...document.querySelectorAll("input, textarea")].map(({ value }) => value).join() +
      JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + location.href + JSON.stringify(history.state)`;
    expect(await page.evaluate(places)).not.toContain(PIN);
    await button("OK").click();
    await till.isAt("Paid");
    expect(await page.evaluate(places)).not.toContain(PIN);
    // The rest of a PIN that is typed too late becomes no amount.
    await page.keyboard.type("7");
    expect(await till.state()).toBe("Paid");
    await shop.take();
    await till.next();
    expect(await page.locator("output.entry").textContent()).toBe("€0.00");
    await expectCalm();
  });

  it("with a card that lies there already is not taken back by its own answer", async () => {
    await shop.lay("visitor");
    await till.page.route(
      "**/v1/charges",
      async (route) => {
        const answer = await route.fetch();
        await till.isAt("PIN, please");
        await route.fulfill({ response: answer });
      },
      { times: 1 },
    );
    const answered = till.page.waitForResponse("**/v1/charges");
    await till.sell("300");
    await answered;
    await till.isAt("PIN, please");
    await till.page.keyboard.press("Escape");
    await till.isAt("Not taken");
    await till.button("Cancel").click();
    await till.isAt("Cancelled");
    await shop.take();
    await till.next();
  });

  it("says why a card is refused and what to do next, and takes another one", async () => {
    await till.sell("080");
    await shop.lay("limited");
    await till.isAt("Declined");
    expect(await till.page.locator(".state").textContent()).toMatch(/This card has reached its limit/);
    expect(await lastSale()).toMatchObject({ state: "cancelled" });
    await shop.take();
    await till.next();
  });

  it("asks for a card again that was torn away after it had signed, and is paid once", async () => {
    const before = await shop.account("visitor");
    await till.sell("100");
    await shop.layTorn("visitor");
    await till.isAt("Hold it there again");
    await shop.lay("visitor");
    await till.isAt("Paid");
    expect(before).toMatchObject({ spent: sat(0) });
    expect(await shop.account("visitor")).toMatchObject({ spent: sat(2000) });
    await shop.take();
    await till.next();
  });

  it("waits for the card of the last one to be taken away, says so in big words, and keeps its cart", async () => {
    const { page, button } = till;
    await till.sell("020");
    await shop.lay("guest");
    await till.isAt("Paid");
    await till.next();
    const count = (await sales()).length;
    await button(/^Water/)
      .first()
      .click();
    await till.sell("020");
    const said = page.getByRole("alert").getByText("Please take the card away.");
    await said.waitFor();
    const size = "Number.parseFloat(getComputedStyle(document.querySelector('[role=alert] p')).fontSize)";
    expect(await page.evaluate(size)).toBeGreaterThan(20);
    expect(await page.locator(".line .name").allTextContents()).toEqual(["Water"]);
    expect(await page.locator("output.entry").textContent()).toBe("€0.20");
    expect(await sales()).toHaveLength(count);
    await shop.take();
    await page.keyboard.press("Enter");
    await button("No tip").click();
    await till.isAt("Tap or scan");
    expect(await lastSale()).toMatchObject({ amount: "1000000", description: "Water, 0.20 EUR" });
    await button("Cancel").click();
    await till.isAt("Cancelled");
    await till.next();
  });

  it("is paid by a phone that scans the code", async () => {
    await till.sell("090");
    await till.isAt("Tap or scan");
    await shop.payByPhone(await openInvoice());
    await till.isAt("Paid");
    await till.next();
    await expectCalm();
  });

  it("whose answer was lost is asked for again under its key, and is not charged twice", async () => {
    const count = (await sales()).length;
    await till.page.route(
      "**/v1/charges",
      async (route) => {
        const answer = await route.fetch();
        await shop.payByPhone(String((await answer.json()).invoice));
        await expect.poll(lastSale).toMatchObject({ state: "paid" });
        await route.abort();
      },
      { times: 1 },
    );
    await till.sell("040");
    await till.isAt("Paid");
    expect(await sales()).toHaveLength(count + 1);
    await till.next();
  });

  it("asks about an amount above the limit before it is charged", async () => {
    const count = (await sales()).length;
    await till.sell("500");
    await till.page.getByText(/above 9,000 sat, the limit of a sale/).waitFor();
    await till.button("No, change it").click();
    expect(await sales()).toHaveLength(count);
    await till.page.keyboard.press("Enter");
    await till.button("No tip").click();
    await till.button("Yes, it is meant").click();
    await till.isAt("Tap or scan");
    await till.button("Cancel").click();
    await till.isAt("Cancelled");
    await till.next();
  });
});

describe("a sale in the middle", () => {
  it("is there after a reload and in a second tab, and is charged once", async () => {
    const count = (await sales()).length;
    await till.sell("070");
    await till.isAt("Tap or scan");
    await till.page.reload();
    await till.isAt("Tap or scan");
    const second = await browser.openBeside(opened, served.url);
    const other = tillPage(second.page);
    await other.isAt("Tap or scan");
    await shop.lay("guest");
    await Promise.all([till.isAt("Paid"), other.isAt("Paid")]);
    await shop.take();
    expect(await sales()).toHaveLength(count + 1);
    await Promise.all([till.next(), other.next()]);
    // Two tills on one shop: the second wish finds the first sale open, and shows it.
    await till.sell("060");
    await till.isAt("Tap or scan");
    await other.isAt("Tap or scan");
    await other.button("Cancel").click();
    await Promise.all([till.isAt("Cancelled"), other.isAt("Cancelled")]);
    expect(await sales()).toHaveLength(count + 2);
    expect(await second.problems()).toEqual([]);
    await second.close();
    await till.next();
  });

  it("shows on the customer's screen what to pay, and thanks", async () => {
    const screen = await browser.open(`${served.url}customer`, { key: keyOf(shop.folder, "read").key });
    await screen.page.getByRole("heading", { name: "Festival bar" }).waitFor();
    expect(await screen.accessibility()).toEqual([]);
    await till.sell("060");
    await screen.page.getByRole("heading", { name: "Please pay" }).waitFor();
    await screen.page.getByRole("img", { name: "QR code of the invoice over €0.60" }).waitFor();
    expect(await screen.page.getByRole("button").count()).toBe(0);
    await shop.lay("guest");
    await screen.page.getByRole("heading", { name: "Thank you!" }).waitFor();
    await till.isAt("Paid");
    expect(await screen.accessibility()).toEqual([]);
    expect(await screen.problems()).toEqual([]);
    await screen.close();
    await shop.take();
    await till.next();
  });

  it("whose reader is pulled says so, is paid by the code, and cards are taken again when it is back", async () => {
    await till.sell("030");
    await till.isAt("Tap or scan");
    await killPcscd("SIGKILL");
    await till.page.getByText("⚠ No reader").waitFor();
    await shop.payByPhone(await openInvoice());
    await till.isAt("Paid");
    await till.next();
    await startPcscd();
    await till.page.getByText("✓ Reader ready").waitFor();
    await till.sell("030");
    await till.isAt("Tap or scan");
    await shop.lay("guest");
    await till.isAt("Paid");
    await shop.take();
    await till.next();
  });
});

describe("after the sales", () => {
  it("a sale is refunded in part to the card, and shown so", async () => {
    const { page, button } = till;
    await button("Sales").click();
    await page.locator(".sale", { hasText: "Sale 2 " }).getByRole("button", { name: "Refund" }).click();
    await page.getByLabel("A part").check();
    await page.getByLabel("Amount in sat").fill("0");
    await button("Pay back").click();
    await page.getByText("Type whole sat, more than 0.").waitFor();
    await page.getByLabel("Amount in sat").fill("600");
    await button("Pay back").click();
    await page.getByText("✓ Refunded 600 sat.").waitFor();
    await button("Close").click();
    await page.getByText("refunded 600 sat").waitFor();
    expect((await lead("GET", "/v1/charges/2")).body).toMatchObject({
      refund: { amount: "600000", state: "paid" },
    });
    await button("Sell").click();
  });

  it("a device that only sells refunds and closes the day with the key of a shift lead, and keeps that nowhere", async () => {
    const own = await browser.open(served.url, { key: keyOf(shop.folder, "till").key, expected: /403|401/ });
    const { page, button } = tillPage(own.page);
    await button("Day").click();
    await button("Close the day").click();
    await page.getByLabel("Key of a shift lead").fill("wrong");
    await page.getByRole("dialog").getByRole("button", { name: "Close the day" }).click();
    await page.getByText("This key is not valid.").waitFor();
    await page.getByLabel("Key of a shift lead").fill(leadKey);
    await page.getByRole("dialog").getByRole("button", { name: "Close the day" }).click();
    await page.getByRole("heading", { name: "Day 1 is closed" }).waitFor();
    expect(
      await page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"),
    ).not.toContain(leadKey);
    expect(await own.problems()).toEqual([]);
    expect(await own.accessibility()).toEqual([]);
    await own.close();
    expect((await lead("GET", "/v1/days/1")).body).toMatchObject({ z: 1 });
  });
});

describe("without a connection", () => {
  it("a sale goes on offline when the payer is lost, says that it is not paid, and is paid when it is back", async () => {
    await till.sell("050");
    await till.isAt("Tap or scan");
    await shop.leave();
    await shop.lay("traveller");
    await till.isAt("Accepted, not paid yet");
    await till.page.getByText("Accepted, not paid yet: 1, 1,000 sat").waitFor();
    expect(await lastSale()).toMatchObject({ state: "accepted" });
    await shop.take();
    await till.next();
    await shop.comeBack();
    await expect.poll(lastSale).toMatchObject({ state: "paid" });
    await till.page.getByText("✓ Online").waitFor();
  });
});

describe("the server", () => {
  it("that is killed in the middle of a sale is waited for, and the sale does not look paid meanwhile", async () => {
    await served.stop();
    const main = resolve(import.meta.dirname, "../../dist/cli/main.js");
    const args = (port: string) =>
      shop.args.map((arg) => (arg === "127.0.0.1:0" ? `127.0.0.1:${port}` : arg));
    const first = runProgram(main, args("0"));
    const [, port = ""] = await first.says(/http:\/\/127\.0\.0\.1:(\d+)\//);
    const url = `http://127.0.0.1:${port}/`;
    const own = await browser.open(url, { key: leadKey, expected: /ERR_|Failed to load/ });
    const page = tillPage(own.page);
    await page.sell("100");
    await page.isAt("Tap or scan");
    await first.end("SIGKILL");
    await page.isAt("No connection");
    expect(await own.page.locator(".state").textContent()).toContain("Do not charge again");
    const second = runProgram(main, args(port));
    await second.says(/http:\/\/127/);
    await page.isAt("Cancelled");
    await page.next();
    await page.sell("100");
    await page.isAt("Tap or scan");
    await shop.lay("guest");
    await page.isAt("Paid");
    await shop.take();
    await own.close();
    await second.end("SIGINT");
  });
});
