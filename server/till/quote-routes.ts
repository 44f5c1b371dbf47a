import { z } from "zod";
import { chargeQuestion } from "../../cli/charge-check.js";
import { msatIn, parsePrice } from "../../common/index.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import { describeCart, type Quote } from "../../host/terminal/cart.js";
import type { ChargeAmount } from "../../host/terminal/charge-amount.js";
import { HttpProblem } from "../problem.js";
import { type Route, route } from "../route.js";
import { cartFields, quoted, quoteNow } from "./cart-request.js";
import { chargingOf, type OpenTill } from "./till.js";

const known = z.object({
  price: z.string().describe("Of one bitcoin: 61500eur"),
  at: z.int().describe("Unix seconds"),
  from: z.string().describe("`option`, `hand`, or the name of the source."),
});

/** The rate of a till, and how it stands. */
export const rateAnswer = z.object({
  last: known
    .extend({ isTooOld: z.boolean().describe("True: amounts in the currency are refused.") })
    .optional(),
  held: known
    .optional()
    .describe("What the source says and is not plausible: a shift lead has to confirm it."),
  source: z.string().optional().describe("That is asked for the rate."),
  problem: z.string().optional().describe("Why the source gave none the last time."),
});

export function rateOf({ rates: { last, held }, poller }: OpenTill): z.input<typeof rateAnswer> {
  const problem = poller?.problem;
  return {
    ...(last ? { last } : {}),
    ...(held ? { held } : {}),
    ...(poller ? { source: poller.name } : {}),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** A sum without what is not there. */
const sumOf = ({ amount, fiat }: ChargeAmount) => ({ amount, ...(fiat === undefined ? {} : { fiat }) });

/** An amount in the till's currency, where there is a rate for it. */
function inCurrency(amount: Quote["amount"], rate: string | undefined, currency: string | undefined) {
  if (rate === undefined) return undefined;
  const price = parsePrice(/[a-z]$/i.test(rate) ? rate : rate + (currency ?? ""), "--rate");
  return `${msatIn(amount, price)} ${price.currency}`;
}

/** What a cart comes to, and what a bitcoin costs. */
export function quoteRoutes(till: OpenTill): readonly Route[] {
  return [
    route({
      method: "post",
      path: "/v1/quotes",
      id: "quoteCart",
      summary: "What a cart comes to now: in msat, in the currency, and line by line; nothing is charged",
      role: "read",
      body: z.strictObject({ ...cartFields, items: cartFields.items.unwrap() }),
      answer: quoted.extend({ description: z.string().describe("That its payer would see.") }),
      run({ body }) {
        const quote = quoteNow(till, body);
        const options = chargingOf(till, body.rate);
        const { lines, tip, note, goods } = quote;
        const question = chargeQuestion(till.store, quote, options);
        const shown = quote.fiat ?? inCurrency(quote.amount, options.rate, options.currency);
        return {
          ...sumOf(quote),
          ...(shown === undefined ? {} : { inCurrency: shown }),
          goods: sumOf(goods),
          lines: lines.map(({ name, ...line }) => ({ ...line, ...(name === undefined ? {} : { name }) })),
          ...(tip
            ? {
                tip: {
                  total: tip.total,
                  amount: tip.amount,
                  ...(tip.percent === undefined ? {} : { percent: tip.percent }),
                },
              }
            : {}),
          ...(note === undefined ? {} : { note }),
          ...(question === undefined ? {} : { question }),
          description: describeCart(quote, till.place),
        };
      },
    }),
    route({
      method: "get",
      path: "/v1/rate",
      id: "getRate",
      summary: "What one bitcoin costs, where that is known from and since when",
      role: "read",
      answer: rateAnswer,
      run: () => rateOf(till),
    }),
    route({
      method: "post",
      path: "/v1/rate",
      id: "setRate",
      summary: "Set the rate by hand, or take the one that is held",
      role: "shift-lead",
      body: z.strictObject({
        rate: z.string().min(1).max(40).describe("61500eur"),
        confirmed: z.boolean().optional().describe("True: what `confirm` asked about is meant."),
      }),
      answer: rateAnswer,
      run({ body: { rate, confirmed = false } }) {
        const { last } = till.rates;
        if (last && till.rates.isFar(rate) && !confirmed)
          throw new HttpProblem(409, "confirm", TERMINAL.refusal.farRate(last.price, rate), {
            hint: 'If it is meant, send it again with "confirmed": true.',
          });
        till.rates.set(rate);
        return rateOf(till);
      },
    }),
  ];
}
