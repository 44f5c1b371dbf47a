import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openEmbeddedNode } from "../../cli/embedded-node.js";
import { EXIT } from "../../cli/exit-codes.js";
import { bytesToHex, sat, secp256k1 } from "../../common/index.js";
import { SaleStore } from "../../host/index.js";
import { canonicalInvoice } from "../../lightning/bolt11/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { runToEnd } from "../../testing/programs.js";
import { inTerminal } from "../pseudo-terminal.js";
import { openCommandLineShop } from "./terminal-shop.js";

type Shop = Awaited<ReturnType<typeof openCommandLineShop>>;

let folder: string;
let shop: Shop;
beforeAll(async () => {
  folder = newFolder("memory");
  shop = await openCommandLineShop(folder);
});
afterAll(async () => {
  await shop?.close();
});

const charge = (card: keyof Shop["cards"], amount: string, ...more: string[]) => [
  ...["terminal", "charge", "--node", shop.folder, "--card", shop.cards[card].file, "--no-qr"],
  ...["--amount", amount, ...more],
];
/** Reads the file of sales, as another program would between two runs. */
function sales() {
  const store = new SaleStore(join(shop.folder, "sales.db"));
  try {
    return store.between(0, Number.MAX_SAFE_INTEGER);
  } finally {
    store.close();
  }
}
/** Pays an invoice while the merchant's node runs, and tells how that ended. */
async function latePayment(invoice: string): Promise<string> {
  const { node, close } = await openEmbeddedNode(shop.folder);
  try {
    expect(await node.channelsReady(120_000)).toBe(true);
    return (await shop.payer.pay({ invoice, maxFee: sat(10) })).state;
  } finally {
    await close();
  }
}

it("charge: a card pays, and there is a receipt", async () => {
  const run = await chequecard(
    charge("guest", "2500sat", "--description", "beer", "--place", "Festival bar"),
  );
  expect(run.err).toBe("");
  expect(run.exitCode).toBe(EXIT.OK);
  expect(run.out).toMatch(
    /Sale 1: 2,500 sat\nTap a card or a phone\. Ctrl-C cancels\.\n\nFestival bar\nSale 1\n[\s\S]*beer\nTotal +2,500 sat\nPAID\n/,
  );
  expect(await shop.account("guest")).toMatchObject({ spent: sat(2500) });
});

it("report, receipt, day and card info work while the till sells; what is left is on the receipt", async () => {
  const spool = join(folder, "spool");
  const printed = ["--printer", spool, "--paper", "80"];
  const told = await chequecard([...charge("told", "100sat"), ...printed]);
  expect(told.out).toMatch(/PAID\nLeft on card +19,900 sat\n/);
  expect(readFileSync(spool, "latin1")).toContain("PAID\n");
  const node = ["--node", shop.folder];
  const { lend, close } = await openEmbeddedNode(shop.folder);
  const path = join(shop.folder, "sales.db");
  const store = new SaleStore(path);
  lend({ path, store });
  try {
    const json = async (...args: string[]) => {
      const { exitCode, out, err } = await chequecard(["--json", ...args, ...node]);
      expect([args, exitCode, err]).toEqual([args, EXIT.OK, ""]);
      return JSON.parse(out);
    };
    expect((await json("terminal", "report")).sales).toHaveLength(store.lastNumber());
    expect(await json("terminal", "receipt", "1")).toMatchObject({ receipt: { number: 1, paid: true } });
    const { paid } = store.openDay();
    expect(await json("terminal", "day", "--preview")).toMatchObject({ paid, isNew: false });
    expect(await json("terminal", "day")).toMatchObject({ z: 1, paid, isNew: true });
    expect(await json("terminal", "day")).toMatchObject({ z: 1, isNew: false });
    const again = await chequecard(["terminal", "day", "--show", "1", ...node, ...printed]);
    expect(again.out).toMatch(/\nZ 1\n[\s\S]*Received +\d/);
    expect(readFileSync(spool, "latin1")).toContain("Z 1\n");
    const none = await chequecard([
      "terminal",
      "receipt",
      "1",
      ...node,
      "--printer",
      join(folder, "none", "lp0"),
    ]);
    expect([none.exitCode, none.err]).toEqual([EXIT.SERVICE, expect.stringMatching(/was not printed .*lp0/)]);
    const info = (card: "told" | "guest") => json("card", "info", "--card", shop.cards[card].file);
    expect((await info("told")).issuer).toMatchObject({ hasAnswered: true, left: "19900000" });
    expect((await info("guest")).issuer).toMatchObject({
      ...{ hasAnswered: true, sentence: expect.stringMatching(/does not tell here/) },
    });
  } finally {
    lend(undefined);
    store.close();
    await close();
  }
});

it("charge --json: the receipt as data, in the currency that the customer saw too", async () => {
  const run = await chequecard(["--json", ...charge("guest", "1.50eur", "--rate", "60000eur")]);
  expect(JSON.parse(run.out)).toMatchObject({
    state: "paid",
    receipt: { number: 3, amount: "2500000", fiat: "1.50 EUR", paid: true },
  });
});

it("charge with a QR code shows the invoice", async () => {
  const withQr = charge("guest", "1sat").filter((word) => word !== "--no-qr");
  const run = await chequecard(withQr);
  expect(run.out).toMatch(/[\u2580\u2584\u2588]{20}/);
  expect(run.out).toContain("Tap a card or a phone, or scan the code. Ctrl-C cancels.");
});

it("charge: the card's refusal in words; Ctrl-C cancels, and nothing can be paid afterwards", async () => {
  const giveUp = new AbortController();
  const run = await chequecard(charge("guest", "12000sat"), {
    signal: giveUp.signal,
    onErr: () => giveUp.abort(),
  });
  expect(run.err).toBe(
    "The amount is above what this card may pay at once; ask for a smaller amount or another payment.\n",
  );
  expect(run.exitCode).toBe(EXIT.INTERRUPTED);
  expect(run.out).toMatch(/The sale was cancelled; nothing was paid and nothing can be\.\n$/);
  const [last] = sales().slice(-1);
  expect(last).toMatchObject({ state: "cancelled", cancelReason: "merchant" });
  expect(await latePayment(last?.invoice ?? "")).toBe("failed");
});

it("charge: declined by the issuer, with the reason in words", async () => {
  const run = await chequecard(charge("limited", "2500sat"));
  expect(run.exitCode).toBe(EXIT.NOT_PAID);
  expect(run.out).toMatch(/\nDeclined\. [A-Z].+\.\n$/);
  expect(await latePayment(sales().at(-1)?.invoice ?? "")).toBe("failed");
  expect(await shop.account("limited")).toMatchObject({ spent: 0n });
});

it("charge: the PIN from the environment", async () => {
  const run = await chequecard(charge("guest", "6000sat"), { env: { CHEQUECARD_PIN: "271828" } });
  expect(run.exitCode).toBe(EXIT.OK);
});

it("charge: Ctrl-C while the payment runs and the card lies there cancels it for good", async () => {
  await shop.silence();
  const giveUp = new AbortController();
  const run = chequecard(["--trace", ...charge("silent", "300sat")], {
    signal: giveUp.signal,
    // The answer to AUTHORIZE: from now on the payment is asked for.
    onErr: (text) => void (/^< .{200}/.test(text) && setTimeout(() => giveUp.abort(), 300)),
  });
  expect((await run).exitCode).toBe(EXIT.INTERRUPTED);
  const [last] = sales().slice(-1);
  expect(last).toMatchObject({
    state: "cancelled",
    token: expect.any(Uint8Array),
    initiation: { phase: "cancelled" },
  });
  await shop.speak();
  expect(await latePayment(last?.invoice ?? "")).toBe("failed");
});

it("charge: a PIN that cannot be asked for cancels the sale and says how to give it", async () => {
  const run = await chequecard(charge("guest", "6000sat"));
  expect([run.exitCode, run.err]).toEqual([EXIT.INPUT, expect.stringContaining("CHEQUECARD_PIN")]);
  expect(sales().at(-1)).toMatchObject({ state: "cancelled", token: undefined });
});

it("charge: what a killed terminal left is finished first", async () => {
  const opened = await openEmbeddedNode(shop.folder);
  const created = await opened.node.createInvoice({
    amount: sat(100),
    description: "left",
    expirySeconds: 600,
  });
  await opened.close();
  const store = new SaleStore(join(shop.folder, "sales.db"));
  const left = store.create({
    amount: sat(100),
    description: "left",
    ...created,
    fiat: undefined,
    createdAt: 5,
  });
  store.close();
  const run = await chequecard(charge("guest", "200sat"));
  expect(run.exitCode).toBe(EXIT.OK);
  expect(run.err).toBe(
    `Sale ${left.number} over 100 sat was left unfinished; finishing it first.\n` +
      `Sale ${left.number}: The sale was cancelled; nothing was paid and nothing can be.\n`,
  );
  expect(await latePayment(created.invoice)).toBe("failed");
});

it("charge: bad options are refused before anything is made", async () => {
  const before = sales().length;
  for (const [words, sentence] of [
    [["--amount", "0sat"], /--amount: need more than 0/],
    [["--amount", "3.50eur"], /--rate: need the price of one bitcoin in EUR/],
    [["--amount", "2500sat", "--max-sale", "2000sat"], /above 2,000 sat, the limit of a sale.*\n.*--yes/],
    [["--amount", "3eur", "--rate", "6.5eur"], /at the last sale 1\.50 EUR were 2,500 sat/],
    [["--amount", "3eur", "--rate", "61.500eur"], /--rate: .*nothing between thousands/],
    [["--amount", "2.500sat"], /--amount: .*write 2500sat/],
    [["--amount", "1sat", "--expiry", "5"], /--expiry: need 30 to 86400 seconds, have "5"/],
    [["--amount", "1sat", "--reader", "x"], /--card and --reader: choose one of them/],
  ] as const) {
    const args = ["terminal", "charge", "--node", shop.folder, "--card", shop.cards.guest.file, ...words];
    const run = await chequecard(args);
    expect([run.exitCode, run.err]).toEqual([EXIT.INPUT, expect.stringMatching(sentence)]);
  }
  const nowhere = await chequecard(["terminal", "balance", "--node", join(folder, "nowhere")]);
  expect(nowhere).toMatchObject({
    exitCode: EXIT.INPUT,
    err: expect.stringMatching(/no embedded node there/),
  });
  expect(sales()).toHaveLength(before);
});

it("serve: sale after sale in a process of its own, a mistyped amount between them, totals at the end", async () => {
  const program = await buildProgram("cli/main.ts");
  const args = [
    "--json",
    "terminal",
    "serve",
    "--node",
    shop.folder,
    "--card",
    shop.cards.guest.file,
    "--no-qr",
  ];
  const input = "100sat beer\nten euros\n0sat\n200sat two beers\n\n";
  const { code, out } = await runToEnd(program, args, { input });
  expect(JSON.parse(out)).toEqual({
    paid: 2,
    cancelled: 0,
    unfinished: 0,
    received: "300000",
    refunded: "0",
    accepted: { sales: 0, amount: "0", paid: "0", refused: "0", open: "0" },
  });
  expect(code).toBe(EXIT.OK);
  expect(
    sales()
      .slice(-2)
      .map(({ description, state }) => [description, state]),
  ).toEqual([
    ["beer", "paid"],
    ["two beers", "paid"],
  ]);
});

it.each([
  [80, "guest"],
  [40, "visitor"],
] as const)(
  "serve: no PIN on a screen of %i columns, none taken for an amount, and amounts after it",
  async (columns, card) => {
    const program = await buildProgram("cli/main.ts");
    const { length } = sales();
    const till = inTerminal(
      [
        ...[process.execPath, program, "terminal", "serve", "--node", shop.folder],
        ...["--card", shop.cards[card].file, "--no-qr", "--max-sale", "5150sat"],
      ],
      columns,
    );
    await till.shows(/Type an amount[\s\S]*> /);
    till.type("5100sat dinner\r");
    await till.shows(/PIN: /);
    till.type("472947\r");
    await till.shows(/Wrong PIN, 2 tries left\. PIN: /);
    // Pasted, typed twice, and again while the payment runs.
    till.type("271828\r271828\r");
    await till.shows(/\n/);
    till.type("271828\r");
    await till.shows(/PAID[\s\S]*Next amount:[\s\S]*> /);
    till.type("10sat\r");
    await till.shows(/PAID[\s\S]*Next amount:[\s\S]*> /);
    till.type("5200sat\r");
    await till.shows(/Charge it\? \[y\/N\] /);
    till.type("\r");
    await till.shows(/nothing was charged[\s\S]*> /);
    till.type("5200sat\r");
    await till.shows(/Charge it\? \[y\/N\] /);
    till.type("y\r");
    await till.shows(/PIN: /);
    till.type("2718\x0328");
    await till.shows(/The sale was cancelled/);
    expect(await till.ended).toBe(EXIT.INTERRUPTED);
    for (const digits of ["2718", "7182", "1828", "4729", "7294", "2947"])
      expect(till.screen()).not.toContain(digits);
    expect(
      sales()
        .slice(length)
        .map(({ amount, state }) => [amount, state]),
    ).toEqual([
      [sat(5100), "paid"],
      [sat(10), "paid"],
      [sat(5200), "cancelled"],
    ]);
  },
);

it("refund: pays back once, and says so", async () => {
  const { invoice } = await shop.payer.createInvoice({
    amount: sat(100),
    description: "back",
    expirySeconds: 600,
  });
  const args = ["terminal", "refund", "1", "--node", shop.folder, "--invoice", invoice];
  const run = await chequecard(args);
  expect(run).toMatchObject({ exitCode: EXIT.OK, out: "Refunded 100 sat of sale 1.\n" });
  expect(await chequecard(args)).toMatchObject({ exitCode: EXIT.OK });
  const other = await shop.payer.createInvoice({ amount: sat(100), description: "back", expirySeconds: 600 });
  const again = await chequecard([...args.slice(0, -1), canonicalInvoice(other.invoice)]);
  expect(again).toMatchObject({
    exitCode: EXIT.INPUT,
    err: expect.stringMatching(/a refund of it was started before/),
  });
  expect(
    await chequecard(["terminal", "refund", "one", "--node", shop.folder, "--invoice", invoice]),
  ).toMatchObject({
    exitCode: EXIT.INPUT,
  });
});

/** An invoice of the customer, to be paid back to. */
const customerInvoice = async (amount: bigint): Promise<string> =>
  (await shop.payer.createInvoice({ amount: sat(amount), description: "back", expirySeconds: 600 })).invoice;

it("balance and refund while the till sells are done by the till's process", async () => {
  const program = await buildProgram("cli/main.ts");
  const till = inTerminal(
    [
      ...[process.execPath, program, "terminal", "serve", "--node", shop.folder],
      ...["--card", shop.cards.guest.file, "--no-qr"],
    ],
    80,
  );
  await till.shows(/Type an amount[\s\S]*> /);
  till.type("20sat\r");
  await till.shows(/PAID[\s\S]*Next amount:[\s\S]*> /);
  const balance = await chequecard(["--json", "terminal", "balance", "--node", shop.folder]);
  expect(balance).toMatchObject({ exitCode: EXIT.OK });
  expect(JSON.parse(balance.out)).toMatchObject({ alias: "bar", channelsUsable: true });
  const { paid } = JSON.parse(balance.out).today;
  expect(Number(JSON.parse(balance.out).outbound)).toBeGreaterThan(1_000_000_000);
  const number = Number(/Receipt +(\d+)|Sale (\d+):/.exec(till.screen())?.slice(1).find(Boolean));
  const args = ["terminal", "refund", String(number), "--node", shop.folder, "--invoice"];
  args.push(await customerInvoice(7n));
  const out = `Refunded 7 sat of sale ${number}.\n`;
  expect(await chequecard(args)).toMatchObject({ exitCode: EXIT.OK, out });
  expect(await chequecard(args)).toMatchObject({ exitCode: EXIT.OK });
  const tooMuch = [...args.slice(0, -1), await customerInvoice(21n)];
  expect(await chequecard(tooMuch)).toMatchObject({ exitCode: EXIT.INPUT });
  till.type("\r");
  expect(await till.ended).toBe(EXIT.OK);
  expect(till.screen()).toMatch(/Refunded +7 sat/);
  const sale = sales().find((one) => one.number === number);
  expect(sale?.refund).toMatchObject({ state: "paid", amount: sat(7) });
  expect(sales().filter(({ state }) => state === "paid").length).toBeGreaterThanOrEqual(paid);
});

it("refund while another process runs the node, and no till, is paid by that process", async () => {
  expect((await chequecard(charge("guest", "15sat"))).exitCode).toBe(EXIT.OK);
  const opened = await openEmbeddedNode(shop.folder);
  try {
    await opened.node.channelsReady(10_000);
    const number = sales().findLast(({ state, refund }) => state === "paid" && !refund)?.number;
    const invoice = await customerInvoice(5n);
    const args = ["terminal", "refund", String(number), "--node", shop.folder, "--invoice", invoice];
    const out = `Refunded 5 sat of sale ${number}.\n`;
    expect(await chequecard(args)).toMatchObject({ exitCode: EXIT.OK, out });
    const balance = await chequecard(["terminal", "balance", "--node", shop.folder]);
    expect(balance.out).toMatch(/Today +\d+ sales?, /);
  } finally {
    await opened.close();
  }
});

it("report: the day's sales, totals and CSV", async () => {
  const csv = join(folder, "sales.csv");
  const run = await chequecard(["--json", "terminal", "report", "--node", shop.folder, "--csv", csv]);
  const data = JSON.parse(run.out);
  expect(data.totals).toMatchObject({ paid: 14, refunded: "112000", unfinished: 0 });
  const rows = readFileSync(csv, "utf8").trimEnd().split("\r\n");
  // The sale that was left dates from 1970.
  expect(rows).toHaveLength(sales().length);
  expect(rows[1]).toMatch(
    /^1,[^,]+Z,[\d-]{10} [\d:]{8},paid,2500000,2500,2500000,2500,100000,100,,,beer,[0-9a-f]{64}$/,
  );
  expect(statSync(csv).mode & 0o777).toBe(0o600);
  const text = await chequecard(["terminal", "report", "--node", shop.folder]);
  expect(text.out).toMatch(/Paid +14 sales/);
  for (const day of ["yesterday", "2026-02-31", "2026-13-01", "2026-1-1"])
    expect(await chequecard(["terminal", "report", "--node", shop.folder, "--day", day])).toMatchObject({
      exitCode: EXIT.INPUT,
    });
  const empty = await chequecard([
    "--json",
    "terminal",
    "report",
    "--node",
    shop.folder,
    "--day",
    "2026-01-01",
  ]);
  expect(JSON.parse(empty.out)).toMatchObject({ sales: [], totals: { paid: 0 } });
});

it("balance: what the node can send and receive, and today's sales", async () => {
  const run = await chequecard(["terminal", "balance", "--node", shop.folder]);
  expect(run.err).toMatch(/no real money/);
  expect(run.out).toMatch(/Node +bar\nCan send +[\d,.]+ sat\nCan receive +[\d,.]+ sat\nToday +14 sales/);
});

const refundToCard = (number: number | undefined, ...more: string[]) => [
  ...["terminal", "refund", String(number), "--node", shop.folder],
  ...more,
];
/** Waits until the issuer has booked it. */
const funded = async (card: keyof Shop["cards"], amount: bigint) =>
  expect.poll(async () => (await shop.account(card))?.funded, { timeout: 60_000 }).toBe(amount);

it("refund without an invoice: to the card that paid, once, and its next tap spends it", async () => {
  const before = (await shop.account("guest"))?.funded ?? 0n;
  expect((await chequecard(charge("guest", "30sat"))).exitCode).toBe(EXIT.OK);
  const number = sales().at(-1)?.number;
  const run = await chequecard(refundToCard(number, "--amount", "10sat"));
  expect(run).toMatchObject({
    exitCode: EXIT.OK,
    out: `Refunded 10 sat of sale ${number} to the card that paid. The card shows it after its next tap.\n`,
  });
  const again = await chequecard(["--json", ...refundToCard(number)]);
  expect(again.exitCode).toBe(EXIT.OK);
  expect(JSON.parse(again.out)).toMatchObject({
    receipt: { number, amount: "30000", refunded: "10000" },
    refund: { amount: "10000", state: "paid", to: "card" },
  });
  const other = await chequecard(refundToCard(number, "--amount", "20sat"));
  expect([other.exitCode, other.err]).toEqual([
    EXIT.INPUT,
    expect.stringMatching(/was started before.*\n.*paid/s),
  ]);
  await funded("guest", before + sat(10));
  expect((await chequecard(charge("guest", "1sat"))).exitCode).toBe(EXIT.OK);
  const report = await chequecard(["--json", "terminal", "report", "--node", shop.folder]);
  expect(
    JSON.parse(report.out).sales.find((sale: { number: number }) => sale.number === number),
  ).toMatchObject({
    refunded: "10000",
  });
});

it("refund to the card while the till sells is done by the till's process", async () => {
  const before = (await shop.account("guest"))?.funded ?? 0n;
  const program = await buildProgram("cli/main.ts");
  const till = inTerminal(
    [
      ...[process.execPath, program, "terminal", "serve", "--node", shop.folder],
      ...["--card", shop.cards.guest.file, "--no-qr"],
    ],
    80,
  );
  await till.shows(/Type an amount[\s\S]*> /);
  till.type("21sat\r");
  await till.shows(/PAID[\s\S]*Next amount:[\s\S]*> /);
  const number = Number(/Sale (\d+):/.exec(till.screen())?.[1]);
  const out = `Refunded 21 sat of sale ${number} to the card that paid. The card shows it after its next tap.\n`;
  expect(await chequecard(refundToCard(number))).toMatchObject({ exitCode: EXIT.OK, out });
  till.type("\r");
  expect(await till.ended).toBe(EXIT.OK);
  expect(till.screen()).toMatch(/Refunded +21 sat/);
  await funded("guest", before + sat(21));
});

it("refund to the card while another process runs the node is asked for and paid by that one", async () => {
  const before = (await shop.account("guest"))?.funded ?? 0n;
  expect((await chequecard(charge("guest", "16sat"))).exitCode).toBe(EXIT.OK);
  const number = sales().at(-1)?.number;
  const opened = await openEmbeddedNode(shop.folder);
  try {
    await opened.node.channelsReady(10_000);
    const run = await chequecard(["--json", ...refundToCard(number)]);
    expect(run.exitCode).toBe(EXIT.OK);
    expect(JSON.parse(run.out)).toMatchObject({ refund: { amount: "16000", to: "card", state: "paid" } });
  } finally {
    await opened.close();
  }
  await funded("guest", before + sat(16));
});

it("refund to the card: each refusal in words, with nothing paid", async () => {
  expect((await chequecard(charge("visitor", "40sat"))).exitCode).toBe(EXIT.OK);
  const number = sales().at(-1)?.number;
  for (const [words, problem] of [
    [["--amount", "41sat"], /need more than 0 and at most 40 sat, have 41 sat/],
    [["--amount", "1.500sat"], /can be read in two ways/],
    [["--amount", "1sat", "--invoice", await customerInvoice(1n)], /an invoice says its amount itself/],
  ] as const) {
    const run = await chequecard(refundToCard(number, ...words));
    expect([run.exitCode, run.err]).toEqual([EXIT.INPUT, expect.stringMatching(problem)]);
  }
  await shop.cashOut("visitor");
  const refused = await chequecard(refundToCard(number));
  expect(refused).toMatchObject({
    exitCode: EXIT.NOT_PAID,
    out: expect.stringContaining(
      `The refund of sale ${number} was not taken. The card that paid was cashed out, so nothing was paid;`,
    ),
  });
  const asData = await chequecard(["--json", ...refundToCard(number)]);
  expect(JSON.parse(asData.out)).toMatchObject({
    refused: { code: 3, name: "card-cashed-out", refunded: "0" },
  });
  const invoice = await customerInvoice(40n);
  expect((await chequecard(refundToCard(number, "--invoice", invoice))).exitCode).toBe(EXIT.OK);
});

it("charge: a sale for which a payer may be paying is finished beside the next one", async () => {
  const opened = await openEmbeddedNode(shop.folder);
  const asked = { amount: sat(100), description: "asked" };
  const created = await opened.node.createInvoice({ ...asked, expirySeconds: 80_000 });
  await opened.close();
  const payer = secp256k1.publicKey(new Uint8Array(32).fill(7));
  const store = new SaleStore(join(shop.folder, "sales.db"));
  const createdAt = Math.floor(Date.now() / 1000);
  const left = store.create({
    ...{ ...asked, ...created, fiat: undefined, createdAt, expiresAt: createdAt + 80_000 },
  });
  const token = new Uint8Array(149);
  store.authorized(left.number, token, `${bytesToHex(payer)}@127.0.0.1:9`);
  store.saveInitiation(created.paymentHash, {
    phase: "asked",
    payer: bytesToHex(payer),
    tokenHashes: [bytesToHex(createHash("sha256").update(token).digest())],
  });
  store.close();
  const run = await chequecard(charge("guest", "200sat"), { signal: AbortSignal.timeout(120_000) });
  expect(run).toMatchObject({ exitCode: EXIT.OK, out: expect.stringContaining("PAID") });
  expect(run.err).toContain(`Sale ${left.number} is not finished yet. Sell on;`);
  // With the end of the command it is given up.
  expect(run.err).toMatch(new RegExp(`Sale ${left.number}: The sale was cancelled; nothing was paid`));
  expect(await latePayment(created.invoice)).toBe("failed");
});
