import { z } from "zod";
import { closedDay, dayAnswer, reported, tell, toldSale } from "../../cli/node/day-operations.js";
import { amount } from "../../cli/node/operation.js";
import { OPERATIONS } from "../../cli/node/operations.js";
import { toldTotals } from "../../cli/node/sales-operations.js";
import { PackShelf, readTerminalKey } from "../../cli/offline/terminal-folder.js";
import { ChequecardError, type Msat, ParseError, parsePrice } from "../../common/index.js";
import { LANGUAGES } from "../../common/languages/language.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import { parseCharge } from "../../host/terminal/charge-amount.js";
import { receiptLines, receiptOf } from "../../host/terminal/receipt.js";
import type { Sale } from "../../host/terminal/sale.js";
import { fingerprint } from "../../offline/fingerprint.js";
import type { AcceptancePack } from "../../offline/pack.js";
import { HttpProblem } from "../problem.js";
import { ROLES } from "../roles.js";
import { type Route, route } from "../route.js";
import { saleNumber } from "./charge-routes.js";
import { productsVersion, readProducts } from "./products.js";
import { rateAnswer, rateOf } from "./quote-routes.js";
import { ask, chargingOf, type OpenTill } from "./till.js";

const whole = (max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, "need a whole number")
    .transform((text) => Number.parseInt(text, 10))
    .refine((value) => value <= max, `need at most ${max}`);

const time = whole(9_999_999_999);
/** Created in [from, to), Unix seconds; left out: without an end. */
const span = { from: time.optional(), to: time.optional() };
const ALL = { from: 0, to: 9_999_999_999 };

/** The acceptance packs of a till; none where it has no key for them. */
function packsOf(folder: string): readonly AcceptancePack[] {
  const key = readTerminalKey(folder);
  return key ? new PackShelf(folder, key).packs() : [];
}

/** Sales in one answer. */
const PAGE = 40;
const pageOf = (all: readonly Sale[], after: number) => {
  const found = all.filter(({ number }) => number > after);
  return { sales: found.slice(0, PAGE).map(tell), more: found.length > PAGE };
};

const listedProduct = z.object({
  name: z.string(),
  price: z.string(),
  group: z.string().optional(),
  amount: amount.optional().describe("Left out while there is no rate for it."),
});
export type ListedProduct = z.input<typeof listedProduct>;

/** How a till stands. */
const stateAnswer = z.object({
  place: z.string(),
  language: z.enum(LANGUAGES).describe("Of the notices."),
  currency: z.string().optional(),
  decimals: z.int().optional().describe("Of the currency: EUR has 2, JPY 0."),
  rate: rateAnswer,
  tips: z.object({ percents: z.array(z.int()), amounts: z.array(z.string()) }).optional(),
  products: z.string().describe("Changes whenever the file of products does."),
  printer: z.boolean().describe("Whether receipts can be printed by the till."),
  reader: z.object({
    isReady: z.boolean().describe("Whether a card can be read."),
    problem: z.string().optional(),
  }),
  offline: z.object({
    isOffline: z.boolean().describe("The node, or that of a card, is known to be away."),
    accepted: z.object({ sales: z.int(), total: amount }).describe("Not paid yet."),
  }),
  key: z.object({ name: z.string(), role: z.enum(ROLES) }).describe("By which this was asked."),
  open: z.int().optional().describe("Number of the sale that is open at the reader."),
  unfinished: z.int().describe("Sales that are not final."),
  node: OPERATIONS.info.answer,
});
export type ToldDay = z.input<typeof dayAnswer>;
export type ToldTotals = z.input<typeof toldTotals>;
export type ToldSale = z.input<typeof reported>;
export type ToldRate = z.input<typeof rateAnswer>;
export type TillStanding = z.input<typeof stateAnswer>;

/** The one currency of a till, and its decimals. */
function currencyOf(till: OpenTill): { readonly currency?: string; readonly decimals?: number } {
  const { currency, rate } = chargingOf(till, undefined);
  const code = currency ?? rate?.slice(-3);
  if (code === undefined) return {};
  const { digits, currency: upper } = parsePrice(`1${code}`, "--currency");
  return { currency: upper, decimals: digits };
}

/** What a product costs now; nothing while there is no rate for it. @throws ParseError for what is no price */
function priceNow(till: OpenTill, price: string): { readonly amount?: Msat } {
  const { rate, currency } = chargingOf(till, undefined);
  try {
    return { amount: parseCharge(price, rate, currency).amount };
  } catch (error) {
    if (error instanceof ParseError && error.path === "--rate") return {};
    throw error;
  }
}

/** Whether a card can be read. */
function readerOf({ readersNow }: OpenTill) {
  try {
    return { isReady: readersNow().length > 0 };
  } catch (error) {
    if (!(error instanceof ChequecardError)) throw error;
    return { isReady: false, problem: error.message };
  }
}

/** What a till has sold, what it sells, and how it stands. */
export function salesRoutes(till: OpenTill): readonly Route[] {
  const { sales, store, place } = till;
  const day = async (request: { do: "close" | "preview" | "show"; z?: number }) => {
    const answer = await ask(till, "sales-day", { sales, ...request });
    if (!answer.isHere) throw new RangeError("the sales of this till are open elsewhere");
    const { isHere: _, ...rest } = answer;
    return rest;
  };
  const receiptAt = async (number: number, columns: number) => {
    const answer = await ask(till, "sales-one", { sales, number });
    if (!answer.isHere) throw new RangeError("the sales of this till are open elsewhere");
    const receipt = receiptOf(toldSale(answer.sale));
    const { left } = till.counter.view(number);
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return { paid: receipt.paid, lines: receiptLines(receipt, place, { columns, timeZone, left }) };
  };
  return [
    route({
      method: "get",
      path: "/v1/state",
      id: "getState",
      summary: "How the till stands: its node, its money, the charge that is open",
      role: "read",
      answer: stateAnswer,
      async run({ caller }) {
        const { currency, decimals } = currencyOf(till);
        const open = till.counter.openNumber;
        return {
          place,
          language: till.language,
          ...(currency === undefined ? {} : { currency, decimals }),
          rate: rateOf(till),
          ...(till.tips
            ? { tips: { percents: [...till.tips.percents], amounts: [...till.tips.amounts] } }
            : {}),
          products: productsVersion(till.folder),
          printer: till.print !== undefined,
          reader: readerOf(till),
          offline: { isOffline: till.isOffline(), accepted: store.accepted.open() },
          key: { name: caller?.name ?? "", role: caller?.role ?? "read" },
          ...(open === undefined ? {} : { open }),
          unfinished: store.unfinished().length,
          node: await ask(till, "info", {}),
        };
      },
    }),
    route({
      method: "get",
      path: "/v1/sales",
      id: "listSales",
      summary: "Sales of a span of time, oldest first, a page at a time",
      role: "read",
      query: z.strictObject({
        ...span,
        after: whole(999_999_999).optional(),
        state: z
          .enum(["unfinished", "accepted"])
          .optional()
          .describe("Only those, of any time: not final, or accepted without a connection and not paid yet."),
      }),
      answer: z.object({ sales: z.array(reported), more: z.boolean() }),
      async run({ query: { from = ALL.from, to = ALL.to, after = 0, state } }) {
        if (state !== undefined)
          return pageOf(
            state === "accepted"
              ? store.after(0).filter((sale) => sale.state === "accepted")
              : store.unfinished(),
            after,
          );
        const answer = await ask(till, "sales-page", { sales, from, to, after });
        return answer.isHere ? { sales: answer.sales, more: answer.more } : { sales: [], more: false };
      },
    }),
    route({
      method: "get",
      path: "/v1/sales/{number}/receipt",
      id: "getReceipt",
      summary: "The receipt of a sale, as lines for paper of 58 mm (32 characters) or 80 mm (48)",
      role: "read",
      params: saleNumber,
      query: z.strictObject({ columns: z.enum(["32", "48"]).optional() }),
      answer: z.object({ paid: z.boolean(), lines: z.array(z.string()) }),
      run: ({ params: { number }, query: { columns = "32" } }) =>
        receiptAt(number, columns === "48" ? 48 : 32),
    }),
    route({
      method: "post",
      path: "/v1/sales/{number}/print",
      id: "printReceipt",
      summary: "Print the receipt of a sale on the till's printer",
      role: "till",
      params: saleNumber,
      body: z.strictObject({}),
      answer: z.object({ printed: z.literal(true) }),
      async run({ params: { number } }) {
        if (!till.print)
          throw new HttpProblem(409, "no-printer", TERMINAL.refusal.noPrinter, {
            hint: TERMINAL.refusal.namePrinter,
          });
        await till.print((await receiptAt(number, till.columns)).lines);
        return { printed: true as const };
      },
    }),
    route({
      method: "get",
      path: "/v1/totals",
      id: "getTotals",
      summary: "Totals of the sales of a span of time",
      role: "read",
      query: z.strictObject(span),
      answer: toldTotals,
      async run({ query: { from = ALL.from, to = ALL.to } }) {
        const answer = await ask(till, "sales-totals", { sales, from, to });
        if (!answer.isHere) throw new RangeError("the sales of this till are open elsewhere");
        return answer.totals;
      },
    }),
    route({
      method: "get",
      path: "/v1/day",
      id: "previewDay",
      summary: "What closing the day would have now",
      role: "read",
      answer: dayAnswer,
      run: () => day({ do: "preview" }),
    }),
    route({
      method: "post",
      path: "/v1/days",
      id: "closeDay",
      summary: "Close the day under the next number; the last one again where nothing is new",
      role: "shift-lead",
      movesMoney: true,
      body: z.strictObject({}),
      answer: dayAnswer,
      run: () => day({ do: "close" }),
    }),
    route({
      method: "get",
      path: "/v1/days/{number}",
      id: "getDay",
      summary: "A day that was closed",
      role: "read",
      params: saleNumber,
      answer: closedDay,
      run({ params: { number } }) {
        const { currencies, ...totals } = store.day(number);
        return { ...totals, currencies: [...currencies] };
      },
    }),
    route({
      method: "get",
      path: "/v1/products",
      id: "listProducts",
      summary: "What is sold, from products.yaml in the node's folder, at the till's rate",
      role: "read",
      answer: z.object({
        products: z.array(listedProduct),
      }),
      run: () => ({
        products: readProducts(till.folder).map((product) => ({
          ...product,
          ...priceNow(till, product.price),
        })),
      }),
    }),
    route({
      method: "get",
      path: "/v1/offline",
      id: "getOffline",
      summary: "Sales that were accepted without a connection and are not paid yet, and the acceptance packs",
      role: "read",
      answer: z.object({
        accepted: z.object({ sales: z.int(), total: amount }),
        packs: z.array(
          z.object({
            name: z.string(),
            fingerprint: z.string(),
            sequence: z.string().describe("Of the pack."),
            validUntil: z.int().describe("Unix seconds"),
          }),
        ),
      }),
      run: () => ({
        accepted: store.accepted.open(),
        packs: packsOf(till.folder).map(({ name, issuer, sequence, validUntil }) => ({
          name,
          fingerprint: fingerprint(issuer),
          sequence: sequence.toString(),
          validUntil,
        })),
      }),
    }),
    route({
      method: "get",
      path: "/v1/readers",
      id: "listReaders",
      summary: "The card readers of this machine, and whether a card lies there",
      role: "read",
      answer: z.object({
        readers: z.array(
          z.object({ name: z.string(), card: z.enum(["none", "present", "mute", "unknown"]) }),
        ),
      }),
      run: () => ({ readers: till.readersNow().map(({ name, card }) => ({ name, card })) }),
    }),
  ];
}
