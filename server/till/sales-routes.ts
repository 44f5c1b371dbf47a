import { z } from "zod";
import { parseCharge } from "../../host/terminal/charge-amount.js";
import { closedDay, dayAnswer, reported, toldSale } from "../../cli/node/day-operations.js";
import { amount } from "../../cli/node/operation.js";
import { OPERATIONS } from "../../cli/node/operations.js";
import { toldTotals } from "../../cli/node/sales-operations.js";
import { PackShelf, readTerminalKey } from "../../cli/offline/terminal-folder.js";
import { listReaders } from "../../host/pcsc/index.js";
import { receiptLines, receiptOf } from "../../host/terminal/receipt.js";
import { fingerprint } from "../../offline/fingerprint.js";
import type { AcceptancePack } from "../../offline/pack.js";
import { type Route, route } from "../route.js";
import { saleNumber } from "./charge-routes.js";
import { readProducts } from "./products.js";
import { ask, type OpenTill } from "./till.js";

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

/** What a till has sold, what it sells, and how it stands. */
export function salesRoutes(till: OpenTill): readonly Route[] {
  const { sales, store, place } = till;
  const day = async (request: { do: "close" | "preview" | "show"; z?: number }) => {
    const answer = await ask(till, "sales-day", { sales, ...request });
    if (!answer.isHere) throw new RangeError("the sales of this till are open elsewhere");
    const { isHere: _, ...rest } = answer;
    return rest;
  };
  return [
    route({
      method: "get",
      path: "/v1/state",
      id: "getState",
      summary: "How the till stands: its node, its money, the charge that is open",
      role: "read",
      answer: z.object({
        place: z.string(),
        currency: z.string().optional(),
        rate: z.string().optional(),
        open: z.int().optional().describe("Number of the sale that is open at the reader."),
        unfinished: z.int().describe("Sales that are not final."),
        node: OPERATIONS.info.answer,
      }),
      async run() {
        const { currency, rate } = till.charging;
        const open = till.counter.openNumber;
        return {
          place,
          ...(currency === undefined ? {} : { currency }),
          ...(rate === undefined ? {} : { rate }),
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
      query: z.strictObject({ ...span, after: whole(999_999_999).optional() }),
      answer: z.object({ sales: z.array(reported), more: z.boolean() }),
      async run({ query: { from = ALL.from, to = ALL.to, after = 0 } }) {
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
      async run({ params: { number }, query: { columns = "32" } }) {
        const answer = await ask(till, "sales-one", { sales, number });
        if (!answer.isHere) throw new RangeError("the sales of this till are open elsewhere");
        const receipt = receiptOf(toldSale(answer.sale));
        const { left } = till.counter.view(number);
        const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
        const paper = { columns: Number.parseInt(columns, 10), timeZone, left };
        return { paid: receipt.paid, lines: receiptLines(receipt, place, paper) };
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
        products: z.array(
          z.object({ name: z.string(), price: z.string(), group: z.string().optional(), amount }),
        ),
      }),
      run: () => ({
        products: readProducts(till.folder).map((product) => ({
          ...product,
          amount: parseCharge(product.price, till.charging.rate, till.charging.currency).amount,
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
      async run({ signal }) {
        if (till.simulated !== undefined)
          return { readers: [{ name: `simulated card ${till.simulated}`, card: "present" as const }] };
        return { readers: (await listReaders({ signal })).map(({ name, card }) => ({ name, card })) };
      },
    }),
  ];
}
