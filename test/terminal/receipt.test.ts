import { afterEach, describe, expect, it } from "vitest";
import { msat, ParseError, sat } from "../../common/index.js";
import { LANGUAGES } from "../../common/languages/language.js";
import { speak } from "../../common/languages/speak.js";
import { parseCharge } from "../../host/terminal/charge-amount.js";
import { dayTotals } from "../../host/terminal/day.js";
import {
  dayRows,
  receiptOf,
  renderReceipt,
  type Sale,
  salesCsv,
  totalsOf,
} from "../../host/terminal/index.js";

const sale = (number: number, fields: Partial<Sale> = {}): Sale => ({
  number,
  amount: sat(2500),
  description: "1 beer",
  fiat: undefined,
  invoice: `lnbcrt${number}`,
  paymentHash: new Uint8Array(32).fill(number),
  createdAt: 1_800_000_000,
  expiresAt: 1_800_000_600,
  state: "open",
  cancelReason: undefined,
  invoiceOf: "node",
  invoiceUntil: 1_800_000_600,
  acceptedAt: undefined,
  reasonCode: undefined,
  token: undefined,
  nodeUri: undefined,
  initiation: { phase: "idle" },
  paidAt: undefined,
  received: undefined,
  refund: undefined,
  refundId: undefined,
  ...fields,
});
const paid = (number: number, fields: Partial<Sale> = {}): Sale =>
  sale(number, { state: "paid", received: sat(2500), paidAt: 1_800_000_060, ...fields });

/** Reads RFC 4180 CSV, as a spreadsheet does. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") rows.push([]);
    if (end === "") break;
  }
  return rows.slice(0, -1);
}

describe("a receipt", () => {
  it("says what was paid, on paper of 32 columns", () => {
    expect(renderReceipt(paid(7, { fiat: "3.50 EUR" }), "Festival bar").split("\n")).toEqual([
      "Festival bar",
      "Sale 7",
      "2027-01-15T08:01:00Z",
      "",
      "1 beer",
      "Total                  2,500 sat",
      "                        3.50 EUR",
      "PAID",
      "",
      "Payment hash",
      "07070707070707070707070707070707",
      "07070707070707070707070707070707",
    ]);
  });

  it("has local time, 48 columns on wide paper, and what is left on the card of a paid sale", () => {
    const paper = { columns: 48, timeZone: "Europe/Zurich", left: sat(12_000) };
    expect(renderReceipt(paid(7), "Festival bar", paper).split("\n")).toEqual([
      "Festival bar",
      "Sale 7",
      "2027-01-15 09:01:00",
      "",
      "1 beer",
      `Total${" ".repeat(34)}2,500 sat`,
      "PAID",
      `Left on card${" ".repeat(26)}12,000 sat`,
      "",
      "Payment hash",
      "07".repeat(24),
      "07".repeat(8),
    ]);
    expect(renderReceipt(sale(7), "Festival bar", paper)).not.toContain("Left");
  });

  it("names what came in, more or less than was asked, and what went back", () => {
    const refund = { to: "invoice", invoice: "lnbcrt9", amount: sat(1000), state: "paid" } as const;
    const text = renderReceipt(paid(1, { received: msat(2_600_500n), refund }), "bar");
    expect(text).toMatch(/Total +2,600\.5 sat\nRefunded +1,000 sat\nPAID/);
    expect(receiptOf(paid(1, { refund: { ...refund, state: "pending" } })).refunded).toBeUndefined();
  });

  it("of a sale that is not paid says so", () => {
    for (const state of ["open", "cancelling", "cancelled"] as const)
      expect(renderReceipt(sale(1, { state }), "bar")).toContain("\nNOT PAID\n");
  });

  it("has no line that is wider than the paper", () => {
    const long =
      "a rather long description of what was sold at this place and when, with an inseparable-word".concat(
        "x".repeat(70),
      );
    for (const line of renderReceipt(paid(1, { description: long }), long).split("\n"))
      expect(line.length).toBeLessThanOrEqual(32);
    expect(renderReceipt(paid(1, { description: long }), "").replaceAll(/\s/g, "")).toContain(
      long.replaceAll(" ", ""),
    );
  });

  it("cannot command the printer or the screen", () => {
    const text = renderReceipt(paid(1, { description: "beer\u001b[2J\u0007\r\nPAID" }), "bar\u001b]0;x");
    expect(text).not.toMatch(/[^\n\u0020-\u007e]/);
    expect(text.split("\n").filter((line) => line === "PAID")).toHaveLength(1);
  });
});

describe("totals", () => {
  it("count every sale once, and money only where it is", () => {
    const refund = { to: "invoice", invoice: "lnbcrt9", amount: sat(1000), state: "paid" } as const;
    expect(
      totalsOf([
        paid(1),
        paid(2, { received: sat(3000), refund }),
        paid(3, { refund: { ...refund, state: "pending" } }),
        sale(4),
        sale(5, { state: "cancelling" }),
        sale(6, { state: "cancelled" }),
      ]),
    ).toMatchObject({ paid: 3, cancelled: 1, unfinished: 2, received: sat(8000), refunded: sat(1000) });
    expect(totalsOf([])).toEqual({
      ...{ paid: 0, cancelled: 0, unfinished: 0, received: 0n, refunded: 0n },
      accepted: { sales: 0, amount: 0n, paid: 0n, refused: 0n, open: 0n },
    });
  });

  it("say of what was accepted without a connection whether it is paid, refused or open", () => {
    const acceptedAt = 1_800_000_000;
    const sales = [
      paid(1),
      paid(2, { acceptedAt }),
      sale(3, { state: "accepted", acceptedAt }),
      sale(4, { state: "refused", acceptedAt, cancelReason: "rejected", reasonCode: 36 }),
    ];
    expect(totalsOf(sales)).toMatchObject({
      ...{ paid: 2, cancelled: 0, unfinished: 0 },
      accepted: { sales: 3, amount: sat(7500), paid: sat(2500), refused: sat(2500), open: sat(2500) },
    });
    const last = (one: Sale) =>
      renderReceipt(one, "bar")
        .split("\n")
        .filter((line) => /PAID|ACCEPTED/.test(line));
    expect(sales.map(last)).toEqual([
      ["PAID"],
      ["PAID"],
      ["ACCEPTED", "NOT PAID YET"],
      ["ACCEPTED", "REFUSED, NOT PAID"],
    ]);
    expect(sales.map((one) => receiptOf(one).accepted)).toEqual([undefined, "paid", "open", "refused"]);
  });
});

describe("sales as CSV", () => {
  it("have one row each, amounts in msat", () => {
    const refund = { to: "invoice", invoice: "lnbcrt9", amount: sat(1000), state: "paid" } as const;
    expect(
      readCsv(salesCsv([paid(1, { fiat: "3.50 EUR", refund }), sale(2, { state: "cancelled" })])),
    ).toEqual([
      "number,time,state,amount_msat,amount_sat,received_msat,received_sat,refunded_msat,refunded_sat,fiat,currency,description,payment_hash".split(
        ",",
      ),
      [
        "1",
        "2027-01-15T08:01:00Z",
        "paid",
        "2500000",
        "2500",
        "2500000",
        "2500",
        "1000000",
        "1000",
        "3.50",
        "EUR",
        "1 beer",
        "01".repeat(32),
      ],
      [
        "2",
        "2027-01-15T08:00:00Z",
        "cancelled",
        "2500000",
        "2500",
        "",
        "",
        "",
        "",
        "",
        "",
        "1 beer",
        "02".repeat(32),
      ],
    ]);
    expect(salesCsv([])).toBe(
      "number,time,state,amount_msat,amount_sat,received_msat,received_sat,refunded_msat,refunded_sat,fiat,currency,description,payment_hash\r\n",
    );
  });

  it("are written for the spreadsheets of other countries, with local times", () => {
    const form = { separator: ";", bom: true, timeZone: "Europe/Zurich" } as const;
    const sold = { ...paid(1, { fiat: "3.50 EUR", description: "1; beer" }), received: msat(2_500_001n) };
    expect(salesCsv([sold], form)).toBe(
      "\ufeffnumber;time;time_local;state;amount_msat;amount_sat;received_msat;received_sat;refunded_msat;refunded_sat;fiat;currency;description;payment_hash\r\n" +
        `1;2027-01-15T08:01:00Z;2027-01-15 09:01:00;paid;2500000;2500;2500001;2500,001;;;3,50;EUR;"1; beer";${"01".repeat(32)}\r\n`,
    );
  });

  it.each(["a, b", 'say "beer"', '"', "two\r\nlines", "two\nlines", ',"\r\n",'])(
    "keep the description %j whole",
    (description) => {
      const rows = readCsv(salesCsv([paid(1, { description }), paid(2)]));
      expect(rows).toHaveLength(3);
      expect(rows[1]?.[11]).toBe(description);
    },
  );

  it.each([
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("http://192.0.2.1","x")',
    " =1",
    "＝1",
  ])("no spreadsheet takes the description %j for a formula", (description) => {
    const [, row] = readCsv(salesCsv([paid(1, { description })]));
    expect(row?.[11]).toBe(`'${description}`);
  });
});

describe("what to charge", () => {
  it.each([
    ["2500sat", undefined, sat(2500), undefined],
    ["0.0001btc", undefined, sat(10_000), undefined],
    ["0.0001BTC", "61500eur", sat(10_000), undefined],
    ["3.50eur", "61500.00eur", sat(5692), "3.50 EUR"],
    ["3.5EUR", "61500eur", sat(5692), "3.50 EUR"],
    ["3eur", "50000eur", sat(6000), "3.00 EUR"],
    // A part of a satoshi is charged as a whole one, never as none.
    ["0.01eur", "999999999999eur", sat(1), "0.01 EUR"],
    ["350jpy", "9000000jpy", sat(3889), "350 JPY"],
    ["1.250kwd", "19000kwd", sat(6579), "1.250 KWD"],
    ["3,50eur", "61500eur", sat(5692), "3.50 EUR"],
    ["3.50", "61500eur", sat(5692), "3.50 EUR"],
    ["3.50€", "61500 EUR", sat(5692), "3.50 EUR"],
  ] as const)("%s at %s", (text, rate, amount, fiat) => {
    expect(parseCharge(text, rate)).toEqual({ amount, fiat });
  });

  it.each([
    ["3.50eur", undefined, /--rate: need the price of one bitcoin in EUR/],
    ["3.50eur", "61,500", /--rate/],
    ["3.50eur", "-1", /--rate/],
    ["3.50eur", "0eur", /--rate: need the price/],
    ["3.50eur", "0.00001", /--rate/],
    ["3.50eur", "61500", /--rate: need the price of one bitcoin and its currency/],
    ["3.50eur", "61.500eur", /--rate: .*nothing between thousands/],
    ["3.50usd", "61500eur", /--amount: need EUR/],
    ["3.50jpy", "9000000jpy", /at most 0 decimals/],
    ["2500sta", "61500eur", /did you mean sat/],
    ["2bit", "61500eur", /did you mean sat/],
    ["3.50", undefined, /number with a unit/],
    ["3.505eur", "61500eur", /--amount/],
    ["0eur", "61500eur", /--amount/],
    ["0sat", undefined, /--amount/],
    ["-5eur", "61500eur", /--amount/],
    ["2,500eur", "61500eur", /two ways/],
    ["999999999eur", "0.01eur", /--amount/],
    ["", undefined, /--amount/],
  ])("%j at %s is refused", (text, rate, sentence) => {
    expect(() => parseCharge(text, rate)).toThrow(ParseError);
    expect(() => parseCharge(text, rate)).toThrow(sentence);
  });
});

describe.each(LANGUAGES)("papers in %s", (language) => {
  afterEach(() => speak("en"));
  const widest = sat(99_999_999);

  it("of every kind fit 32 columns", async () => {
    await speak(language);
    const refund = { to: "invoice", invoice: "lnbcrt9", amount: widest, state: "paid" } as const;
    const paper = { timeZone: "Europe/Zurich", left: widest };
    const wide = { amount: widest, received: widest, fiat: "99999.99 EUR", refund };
    const receipts = [
      paid(99_999, wide),
      sale(99_999, { ...wide, state: "accepted", acceptedAt: 1_800_000_000 }),
      sale(99_999, { ...wide, state: "refused", acceptedAt: 1_800_000_000 }),
      sale(99_999, { ...wide, state: "cancelled" }),
    ];
    for (const one of receipts)
      for (const line of renderReceipt(one, "bar", paper).split("\n"))
        expect([line, line.length <= 32]).toEqual([line, true]);
    const day = dayTotals([...receipts.slice(0, 1), ...receipts.slice(2)], receipts.slice(0, 1));
    for (const [name, value = ""] of dayRows({ ...day, first: 10_000, last: 99_999 }))
      expect([name, value, name.length + 1 + value.length <= 32]).toEqual([name, value, true]);
  });
});

it("a receipt in French has French words, numbers and time", async () => {
  await speak("fr");
  const paper = { timeZone: "Europe/Paris", left: sat(12_000) };
  expect(renderReceipt(paid(7, { fiat: "1234.50 EUR" }), "Buvette", paper).split("\n")).toEqual(
    [
      "Buvette",
      "Vente 7",
      "15/01/2027 09:01:00",
      "",
      "1 beer",
      "Total                  2 500 sat",
      "                    1 234,50 EUR",
      "PAYÉ",
      "Reste sur carte       12 000 sat",
      "",
      "Empreinte du paiement",
      "07070707070707070707070707070707",
      "07070707070707070707070707070707",
    ].map((line) => line.replace(/(?<=\d) (?=\d{3}|sat|EUR)/g, "\u00a0")),
  );
  await speak("en");
});
