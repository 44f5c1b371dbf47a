import { z } from "zod";
import { amount } from "../../cli/node/operation.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import { MAX_LINES, MAX_QUANTITY, type Quote, quoteCart } from "../../host/terminal/cart.js";
import { HttpProblem } from "../problem.js";
import { readProducts } from "./products.js";
import { chargingOf, expectFreshRate, type OpenTill } from "./till.js";

/** Text that people read. */
const text = (max: number) => z.string().min(1).max(max);

/** A line of a cart as clients send it. */
const item = z
  .strictObject({
    product: text(64).optional().describe("Name of a product; its price is the file's."),
    amount: text(40).optional().describe("A free amount in the place of a product: 3.50eur, 2500sat"),
    name: text(64).optional().describe("Of a free amount, for the receipt."),
    quantity: z.int().min(1).max(MAX_QUANTITY).optional(),
  })
  .refine(
    ({ product, amount }) => (product === undefined) !== (amount === undefined),
    "need either product or amount",
  )
  .refine(({ product, name }) => product === undefined || name === undefined, "a product has its own name");

/** What a cart is made of, as fields of a request. */
export const cartFields = {
  items: z.array(item).min(1).max(MAX_LINES).optional().describe("What is sold, in the place of `amount`."),
  tip: z
    .strictObject({
      percent: z.int().min(1).max(100).optional(),
      amount: text(40).optional(),
    })
    .refine(
      ({ percent, amount }) => (percent === undefined) !== (amount === undefined),
      "need either percent or amount",
    )
    .optional(),
  note: text(200).optional().describe("For the receipt and the payer."),
  rate: text(40).optional().describe("Price of one bitcoin such as 61500eur; default: the till's."),
};
const cartBody = z.object(cartFields);
type CartBody = z.output<typeof cartBody>;

const sum = z.object({ amount, fiat: z.string().optional().describe("3.50 EUR") });

/** What a cart comes to. */
export const quoted = sum.extend({
  inCurrency: z
    .string()
    .optional()
    .describe("The amount in the till's currency; rounded where it is not `fiat`."),
  goods: sum.describe("Without the tip."),
  lines: z.array(
    z.object({
      name: z.string().optional(),
      quantity: z.int(),
      price: z.string().describe("Of one."),
      total: z.string(),
      amount: amount.describe("In millisatoshi, rounded by itself; the whole is rounded once."),
    }),
  ),
  tip: z.object({ percent: z.int().optional(), total: z.string(), amount }).optional(),
  note: z.string().optional(),
  question: z.string().optional().describe("What `confirm` will ask."),
});

export type Quoted = z.input<typeof quoted>;

/** @throws HttpProblem `unknown-product`; ParseError where the file of products has mistakes */
function itemsOf(till: OpenTill, items: NonNullable<CartBody["items"]>) {
  const products = new Map(
    items.some(({ product }) => product !== undefined)
      ? readProducts(till.folder).map((product) => [product.name, product] as const)
      : [],
  );
  return items.map(({ product, amount = "", name, quantity = 1 }, at) => {
    if (product === undefined) return { name, price: amount, quantity };
    const found = products.get(product);
    if (!found)
      throw new HttpProblem(
        409,
        "unknown-product",
        TERMINAL.refusal.noProduct(`items/${at}/product`, product),
        {
          hint: TERMINAL.refusal.loadProducts,
        },
      );
    return { name: found.name, price: found.price, quantity };
  });
}

/**
 * What a cart comes to now, by the engine.
 * @throws ParseError; HttpProblem `unknown-product`, `no-tips`, `rate-too-old`
 */
export function quoteNow(till: OpenTill, { items = [], tip, note, rate }: CartBody): Quote {
  if (tip && !till.tips)
    throw new HttpProblem(409, "no-tips", TERMINAL.refusal.noTips, {
      hint: TERMINAL.refusal.setTips,
    });
  const { currency, rate: used } = chargingOf(till, rate);
  const given =
    tip?.percent !== undefined
      ? { percent: tip.percent }
      : tip?.amount === undefined
        ? undefined
        : { amount: tip.amount };
  const quote = quoteCart({ items: itemsOf(till, items), tip: given, note }, { rate: used, currency });
  if (quote.isConverted && rate === undefined) expectFreshRate(till);
  return quote;
}
