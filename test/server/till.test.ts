import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { PIN } from "../../testing/cards/test-card.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import {
  type ApiClient,
  apiClient,
  apiEvents,
  keyOf,
  serveCommand,
} from "../../testing/server/api-client.js";
import { webhookReceiver } from "../../testing/server/webhook-receiver.js";
import { openCommandLineShop } from "../cli/terminal-shop.js";

let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
let served: Awaited<ReturnType<typeof serveCommand>>;
let lead: ApiClient;
let till: ApiClient;
let leadKey: string;

const serve = (card: "guest" | "limited" = "guest") =>
  serveCommand([
    ...["terminal", "serve", "--node", shop.folder, "--card", shop.cards[card].file],
    ...["--http", "127.0.0.1:0", "--place", "Festival bar", "--max-sale", "5000sat"],
  ]);

beforeAll(async () => {
  shop = await openCommandLineShop(newFolder("memory"));
  const settings = `printer: ${join(shop.folder, "printer")}\ntips:\n  percents: [5, 10]\n  amounts: [50sat]\n`;
  writeFileSync(join(shop.folder, "terminal.yaml"), settings);
  served = await serve();
  leadKey = keyOf(shop.folder, "shift-lead").key;
  lead = apiClient(served.url, leadKey);
  till = apiClient(served.url, keyOf(shop.folder, "till").key);
});
afterAll(async () => {
  await served?.stop();
  await shop?.close();
});

/** The last state of a charge. */
async function finished(number: number): Promise<Record<string, unknown>> {
  let last: Record<string, unknown> = {};
  for await (const data of await apiEvents(served.url, `/v1/charges/${number}/events`, leadKey)) last = data;
  return last;
}

it("a charge is paid by the card on the reader, watched, and refunded to the card", async () => {
  const body = { amount: "2500sat", description: "beer" };
  const made = await till("POST", "/v1/charges", { body, key: "beer-1" });
  expect([made.status, made.body]).toMatchObject([
    201,
    { number: 1, amount: "2500000", description: "beer", invoice: expect.stringMatching(/^lnbcrt/) },
  ]);
  expect(await finished(1)).toMatchObject({ number: 1, state: "paid", received: "2500000" });
  expect(await shop.account("guest")).toMatchObject({ spent: sat(2500) });
  const receipt = await till("GET", "/v1/sales/1/receipt?columns=48");
  expect(receipt.body).toMatchObject({ paid: true, lines: expect.arrayContaining(["Festival bar", "PAID"]) });

  const back = await lead("POST", "/v1/charges/1/refund", { body: { amount: "500000" }, key: "back-1" });
  expect([back.status, back.body]).toMatchObject([
    200,
    { refund: { amount: "500000", state: "paid", to: "card" } },
  ]);
  const again = await lead("POST", "/v1/charges/1/refund", { body: { amount: "500000" }, key: "back-1" });
  expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([back.body, "true"]);
  const refund = { body: { amount: "600000" }, key: "back-2" };
  const other = await lead("POST", "/v1/charges/1/refund", refund);
  expect([other.status, other.body.detail]).toEqual([409, "sale 1: a refund of it was started before"]);
});

it("the same request again gets the same answer, and another one under its key is refused", async () => {
  const ask = (amount: string, key: string) => till("POST", "/v1/charges", { body: { amount }, key });
  const [first, joined] = await Promise.all([ask("100sat", "twice"), ask("100sat", "twice")]);
  expect([first.status, joined.body]).toEqual([201, first.body]);
  await finished(Number(first.body.number));
  const later = await ask("100sat", "twice");
  expect([later.status, later.body, later.headers.get("idempotency-replayed")]).toEqual([
    ...[201, first.body, "true"],
  ]);
  const other = await ask("200sat", "twice");
  expect([other.status, other.body]).toMatchObject([
    409,
    { code: "key-reused", detail: "Idempotency-Key: another request was made under this key" },
  ]);
  const without = await till("POST", "/v1/charges", { body: { amount: "100sat" } });
  expect([without.status, without.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
  expect((await till("GET", "/v1/sales")).body.sales).toHaveLength(2);
});

it("a refusal is a problem with the sentence of the command, and changes nothing", async () => {
  const ask = (body: unknown, key: string) => till("POST", "/v1/charges", { body, key });
  const cases = [
    [await ask({ amount: "2500" }, "a"), 400, /^--amount: /],
    [await ask({ amount: "3.50eur" }, "b"), 400, /^--rate: need the price of one bitcoin in EUR/],
    [await ask({ amount: "6000sat" }, "c"), 409, /above 5,000 sat, the limit of a sale. Charge it\?$/],
    [await ask({ amount: "1sat", taste: 1 }, "d"), 400, /^taste: unknown field$/],
    [await ask("{", "e"), 400, /^body: not JSON$/],
    [await till("GET", "/v1/charges/99"), 404, /^sale 99: there is none of that number$/],
    [await till("GET", "/v1/charges/0"), 400, /^number: need the number of a sale$/],
    [await till("POST", "/v1/charges/1/pin", { body: { pin: "1234" } }), 409, /no card asks for a PIN now/],
    [await till("GET", "/v1/nothing"), 404, /^there is no such path/],
    [await till("POST", "/v1/state"), 405, /^this path takes another method/],
  ] as const;
  for (const [answer, status, detail] of cases)
    expect([answer.status, answer.body]).toEqual([
      status,
      expect.objectContaining({ status, detail: expect.stringMatching(detail) }),
    ]);
  expect((await till("GET", "/v1/sales")).body.sales).toHaveLength(2);
});

it("a key opens what its role allows, until it is revoked", async () => {
  const refund = { body: {}, key: "not-allowed" };
  expect(await till("POST", "/v1/charges/1/refund", refund)).toMatchObject({
    status: 403,
    body: { code: "role", detail: "this needs a key of the role shift-lead, this one has till" },
  });
  const { id, key } = keyOf(shop.folder, "read");
  const reader = apiClient(served.url, key);
  expect(await reader("GET", "/v1/totals")).toMatchObject({ status: 200, body: { paid: 2 } });
  expect(await reader("POST", "/v1/charges", { body: { amount: "1sat" }, key: "r" })).toMatchObject({
    status: 403,
  });
  const stream = await apiEvents(served.url, "/v1/events", key);
  const next = stream.next();
  const listed = await chequecard(["terminal", "key", "list", "--node", shop.folder]);
  expect(listed.out).toMatch(new RegExp(`${id} .*read .*holds`));
  expect(listed.out).not.toContain(key.slice(-20));
  await chequecard(["terminal", "key", "revoke", id, "--node", shop.folder]);
  expect(await reader("GET", "/v1/totals")).toMatchObject({ status: 401, body: { code: "no-key" } });
  expect((await next).done).toBe(true);
  for (const bearer of [undefined, "cqk_0123_x", `${key.slice(0, -1)}_`])
    expect(await apiClient(served.url, bearer)("GET", "/v1/totals")).toMatchObject({ status: 401 });
});

it("the document is the one of the routes, open to everybody, and has a page", async () => {
  const anybody = apiClient(served.url, undefined);
  const { body } = await anybody("GET", "/v1/openapi.json");
  const paths = Object.keys(body.paths as object);
  expect(paths).toEqual(expect.arrayContaining(["/v1/charges", "/v1/charges/{number}/events", "/v1/pair"]));
  await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot("../../docs/openapi/till.json");
  const page = await anybody("GET", "/api");
  for (const path of paths) expect(page.body.text).toContain(path);
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'self'/);
});

it("a card's PIN is asked for and handed over; one charge is open at a time, and can be cancelled", async () => {
  const ask = (key: string) =>
    till("POST", "/v1/charges", { body: { amount: "6000sat", confirmed: true }, key });
  const { number } = (await ask("pin-1")).body;
  const events = await apiEvents(served.url, `/v1/charges/${number}/events`, leadKey);
  const until = async (wanted: (data: Record<string, unknown>) => boolean) => {
    for (;;) {
      const { value, done } = await events.next();
      if (done || wanted(value)) return value;
    }
  };
  expect((await until(({ pin }) => pin !== undefined)).pin).toEqual({});
  expect(await ask("pin-2")).toMatchObject({ status: 409, body: { code: "busy" } });
  const pin = (digits: string) => till("POST", `/v1/charges/${number}/pin`, { body: { pin: digits } });
  expect((await pin("12")).status).toBe(400);
  expect((await pin("111111")).status).toBe(200);
  expect((await until(({ pin: asked }) => (asked as object | undefined) !== undefined)).pin).toEqual({
    triesLeft: 2,
  });
  expect((await pin(PIN)).body.pin).toBeUndefined();
  expect(await until(({ state }) => state === "paid")).toMatchObject({ received: "6000000" });
  expect(served.output()).not.toContain(PIN);

  const open = (await ask("pin-3")).body.number;
  await expect.poll(async () => (await till("GET", `/v1/charges/${open}`)).body.pin).toEqual({});
  const cancel = () => till("POST", `/v1/charges/${open}/cancel`);
  expect((await cancel()).body).toMatchObject({
    state: "cancelled",
    notice: "The sale was cancelled; nothing was paid and nothing can be.",
  });
  expect((await cancel()).body.state).toBe("cancelled");
  expect((await till("POST", `/v1/charges/${number}/cancel`)).body.state).toBe("paid");
});

it("products come from a file, at the till's rate, and mistakes in it are named", async () => {
  const path = join(shop.folder, "products.yaml");
  expect((await till("GET", "/v1/products")).body).toEqual({ products: [] });
  writeFileSync(path, "products:\n  - name: Beer\n    price: 3500sat\n    group: Drinks\n");
  expect((await till("GET", "/v1/products")).body).toEqual({
    products: [{ name: "Beer", price: "3500sat", group: "Drinks", amount: "3500000" }],
  });
  writeFileSync(path, "products:\n  - name: Beer\n    cost: 3500sat\n");
  expect(await till("GET", "/v1/products")).toMatchObject({
    status: 400,
    body: { detail: expect.stringMatching(/products\.yaml: [\s\S]*price: missing/) },
  });
  expect((await till("GET", "/v1/offline")).body).toEqual({ accepted: { sales: 0, total: "0" }, packs: [] });
  expect((await till("GET", "/v1/readers")).body.readers).toMatchObject([{ card: "present" }]);
});

it("a cart is quoted, charged, kept with its sale and printed line by line", async () => {
  writeFileSync(
    join(shop.folder, "products.yaml"),
    "products:\n  - name: Beer\n    price: 350sat\n  - name: Crêpe\n    price: 500sat\n",
  );
  const cart = {
    items: [{ product: "Beer", quantity: 2 }, { product: "Crêpe" }, { amount: "10sat", name: "Cup" }],
  };
  const whole = { ...cart, tip: { percent: 10 }, note: "Table 4" };
  const quote = await till("POST", "/v1/quotes", { body: whole });
  expect(quote).toMatchObject({
    status: 200,
    body: {
      amount: "1331000",
      goods: { amount: "1210000" },
      tip: { percent: 10, total: "121 sat", amount: "121000" },
      description: "2 x Beer, Crêpe, Cup + 121 sat (Table 4)",
    },
  });
  const charge = (body: object, key: string) => till("POST", "/v1/charges", { body, key });
  const { number } = (await charge(whole, "cart-1")).body;
  const done = await finished(Number(number));
  expect(done).toMatchObject({
    state: "paid",
    received: "1331000",
    description: "2 x Beer, Crêpe, Cup + 121 sat (Table 4)",
    cart: { lines: [{ name: "Beer", quantity: 2, total: "700 sat" }, { name: "Crêpe" }, { name: "Cup" }] },
  });
  const receipt = await till("GET", `/v1/sales/${number}/receipt`);
  expect(receipt.body.lines).toEqual(
    expect.arrayContaining([
      "2 x Beer                 700 sat",
      "Tip 10 %                 121 sat",
      "Table 4",
    ]),
  );
  expect((await till("GET", `/v1/sales?after=${Number(number) - 1}`)).body).toMatchObject({
    sales: [{ number, description: "2 x Beer, Crêpe, Cup + 121 sat (Table 4)" }],
  });
  const refused = [
    [await charge({ items: [{ product: "Wine" }] }, "x1"), 409, /there is no "Wine" any more/],
    [await charge({ ...cart, amount: "5sat" }, "x2"), 400, /need either amount or items/],
    [await charge({}, "x3"), 400, /need either amount or items/],
    [
      await charge({ items: [{ product: "Beer", amount: "1sat" }] }, "x4"),
      400,
      /need either product or amount/,
    ],
    [await charge({ items: [{ product: "Beer", quantity: 1000 }] }, "x5"), 400, /quantity/],
    [await charge({ items: [] }, "x6"), 400, /items/],
    [await charge({ amount: "5sat", tip: {} }, "x7"), 400, /need either percent or amount/],
  ] as const;
  for (const [answer, status, detail] of refused)
    expect([answer.status, answer.body]).toEqual([
      status,
      expect.objectContaining({ detail: expect.stringMatching(detail) }),
    ]);
});

it("the state of the till has what a page needs", async () => {
  const state = (await till("GET", "/v1/state")).body;
  expect(state).toMatchObject({
    place: "Festival bar",
    language: "en",
    rate: {},
    tips: { percents: [5, 10], amounts: ["50sat"] },
    printer: true,
    reader: { isReady: true },
    offline: { isOffline: false, accepted: { sales: 0, total: "0" } },
    key: { name: "test till", role: "till" },
  });
  writeFileSync(join(shop.folder, "products.yaml"), "products: []\n");
  expect((await till("GET", "/v1/state")).body.products).not.toBe(state.products);
});

it("a receipt is printed by the till where there is a printer", async () => {
  expect((await till("POST", "/v1/sales/1/print")).body).toEqual({ printed: true });
  expect(readFileSync(join(shop.folder, "printer"), "latin1")).toMatch(/Festival bar[\s\S]*PAID/);
});

it("a device is paired by the code that the till shows, once", async () => {
  const shown = await chequecard(["--json", "terminal", "key", "pair", "--node", shop.folder]);
  const { code, link } = JSON.parse(shown.out);
  expect(link).toMatch(/^http:\/\/[\d.]+:9750\/#pair=[\w-]{22}$/);
  const anybody = apiClient(served.url, undefined);
  const paired = await anybody("POST", "/v1/pair", { body: { code, name: "tablet" } });
  expect(paired).toMatchObject({ status: 201, body: { role: "till", name: "tablet" } });
  const device = apiClient(served.url, String(paired.body.key));
  expect(await device("GET", "/v1/state")).toMatchObject({ status: 200, body: { place: "Festival bar" } });
  expect(await anybody("POST", "/v1/pair", { body: { code, name: "thief" } })).toMatchObject({
    status: 400,
    body: { code: "bad-pairing" },
  });
});

it("the till ends by cancelling what is open, and its next start knows the requests of before", async () => {
  const request = { body: { amount: "100sat" }, key: "twice" };
  const before = await till("POST", "/v1/charges", request);
  expect(await served.stop()).toBe(130);
  served = await serve();
  const again = await apiClient(served.url, leadKey)("POST", "/v1/charges", request);
  expect([again.status, again.body]).toEqual([201, before.body]);
});

it("a webhook hears of every paid sale, also of one that was paid while nothing was served", async () => {
  const { url, taken, close } = await webhookReceiver(200);
  const told = () =>
    taken.map(({ body }) => JSON.parse(body)).map(({ event, sale }) => `${event} ${sale.number}`);
  try {
    const made = await chequecard(["terminal", "webhook", "add", url, "--node", shop.folder]);
    expect(made.out).toMatch(/^whsec_[\w-]{43}\n/);
    const lead = apiClient(served.url, leadKey);
    const charge = { body: { amount: "100sat" }, key: "hook-1" };
    const { number } = (await lead("POST", "/v1/charges", charge)).body;
    await expect.poll(told).toEqual([`sale.paid ${number}`]);
    await served.stop();
    const card = ["--card", shop.cards.guest.file, "--no-qr"];
    await chequecard(["terminal", "charge", "--node", shop.folder, ...card, "--amount", "100sat"]);
    served = await serve();
    await expect.poll(told).toEqual([`sale.paid ${number}`, `sale.paid ${Number(number) + 1}`]);
  } finally {
    close();
  }
});

it("a till answers in the language of its terminal.yaml, with the same codes", async () => {
  await served.stop();
  appendFileSync(join(shop.folder, "terminal.yaml"), "language: de\n");
  served = await serve();
  const german = apiClient(served.url, leadKey);
  expect((await german("GET", "/v1/state")).body).toMatchObject({ language: "de" });
  const bad = await german("POST", "/v1/charges", { body: { amount: "0sat" }, key: "german-1" });
  expect([bad.status, bad.body]).toMatchObject([
    400,
    { code: "parse", detail: expect.stringContaining("Der Betrag muss größer als 0 sein.") },
  ]);
  const { number } = (await german("POST", "/v1/charges", { body: { amount: "100sat" }, key: "german-2" }))
    .body;
  expect(await finished(Number(number))).toMatchObject({ state: "paid" });
  const receipt = await german("GET", `/v1/sales/${number}/receipt`);
  expect(receipt.body.lines).toEqual(expect.arrayContaining([`Verkauf ${number}`, "BEZAHLT"]));
});
