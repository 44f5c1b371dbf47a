import { z } from "zod";
import { chargeQuestion } from "../../cli/charge-check.js";
import { reported, tell } from "../../cli/node/day-operations.js";
import { amount } from "../../cli/node/operation.js";
import { refunded } from "../../cli/node/sales-operations.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { describeCart, type SoldCart, soldCart } from "../../host/terminal/cart.js";
import type { ChargeAmount } from "../../host/terminal/charge-amount.js";
import { canonicalInvoice, invoiceOf } from "../../lightning/bolt11/index.js";
import { HttpProblem } from "../problem.js";
import { type Route, route } from "../route.js";
import { cartFields, quoteNow } from "./cart-request.js";
import { CHARGE_STEPS, type ChargeView } from "./counter.js";
import { amountNow, ask, chargingOf, type OpenTill } from "./till.js";

/** The number of a sale in a path. */
export const saleNumber = z.object({
  number: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "need the number of a sale")
    .transform((text) => Number.parseInt(text, 10)),
});

/** Text that people read: no limit of its own is longer in an invoice. */
const text = (max: number) => z.string().min(1).max(max);

const charge = reported.extend({
  /** BOLT 11; shown as a QR code. */
  invoice: z.string(),
  /** Unix seconds. */
  expiresAt: z.int(),
  step: z
    .enum(CHARGE_STEPS)
    .optional()
    .describe("While it is open: what the reader and the payer are at. `refused`: another card may pay."),
  notice: z.string().optional().describe("For the merchant: what happened, and what to do next."),
  pin: z
    .object({ triesLeft: z.int().optional() })
    .optional()
    .describe("The card on the reader wants its PIN."),
  left: amount.optional().describe("On the card after the payment, where its issuer tells; for the receipt."),
});

export type ToldCharge = z.input<typeof charge>;

const chargeBody = z.strictObject({
  amount: text(40).optional().describe("2500sat, 0.0001btc, or 3.50eur with a rate"),
  ...cartFields,
  description: text(400).optional().describe("What is sold; payers see it. Default: the cart, or the place."),
  expirySeconds: z.int().min(30).max(86_400).optional(),
  confirmed: z.boolean().optional().describe("True: what `confirm` asked about is meant."),
});

const view = ({ sale, notice, pin, left, step }: ChargeView): z.input<typeof charge> => ({
  ...tell(sale),
  invoice: sale.invoice,
  expiresAt: sale.expiresAt,
  ...(step === undefined ? {} : { step }),
  ...(notice === undefined ? {} : { notice }),
  ...(pin === undefined ? {} : { pin }),
  ...(left === undefined ? {} : { left }),
});

/** What a request for a charge asks for: an amount, or a cart. @throws as {@link quoteNow} */
function wantedCharge(
  till: OpenTill,
  { amount: only, items, tip, note, rate }: z.output<typeof chargeBody>,
): ChargeAmount & { readonly cart?: SoldCart; readonly description?: string } {
  if ((only === undefined) === (items === undefined))
    throw new HttpProblem(400, "parse", "amount: need either amount or items");
  if (only !== undefined && tip === undefined && note === undefined) return amountNow(till, only, rate);
  const quote = quoteNow(till, {
    items: items ?? (only === undefined ? [] : [{ amount: only }]),
    tip,
    note,
    rate,
  });
  const { amount, fiat } = quote;
  return { amount, fiat, cart: soldCart(quote), description: describeCart(quote, till.place) };
}

const isFinal = ({ state }: Pick<z.input<typeof charge>, "state">): boolean =>
  state !== "open" && state !== "cancelling";

/** Charges: make one, watch it, end it, pay it back. */
export function chargeRoutes(till: OpenTill): readonly Route[] {
  const { counter, store, place, expirySeconds } = till;
  const shown = (number: number) => view(counter.view(number));
  return [
    route({
      method: "post",
      path: "/v1/charges",
      id: "createCharge",
      summary: "Open a sale: it waits for a card or a phone, and goes on until it is paid or cancelled",
      role: "till",
      movesMoney: true,
      status: 201,
      body: chargeBody,
      answer: charge,
      async run({ body, key }) {
        // A request that was carried out stays so, whatever the rate and the products are by now.
        const before = store.requested(key);
        if (before) return shown(before.number);
        const wanted = wantedCharge(till, body);
        counter.expectFree();
        const question = body.confirmed
          ? undefined
          : chargeQuestion(store, wanted, chargingOf(till, body.rate));
        if (question !== undefined)
          throw new HttpProblem(409, "confirm", question, {
            hint: 'If it is meant, send it again with "confirmed": true and a new Idempotency-Key.',
          });
        const sale = await counter.charge({
          ...wanted,
          description: body.description ?? wanted.description ?? place,
          expirySeconds: body.expirySeconds ?? expirySeconds,
          requestKey: key,
        });
        return shown(sale.number);
      },
    }),
    route({
      method: "get",
      path: "/v1/charges/{number}",
      id: "getCharge",
      summary: "A charge as it stands",
      role: "read",
      params: saleNumber,
      answer: charge,
      run: ({ params }) => shown(params.number),
    }),
    route({
      method: "get",
      path: "/v1/charges/{number}/events",
      id: "watchCharge",
      summary: "Watch a charge: an event now and at every change, until it is paid or cancelled",
      role: "read",
      params: saleNumber,
      answer: charge,
      watch: ({ params: { number } }) => {
        const first = shown(number);
        return async (send, signal) => {
          send({ event: "charge", data: first });
          if (isFinal(first)) return;
          await new Promise<void>((resolve) => {
            const end = counter.watch((changed) => {
              if (changed.sale.number !== number) return;
              const now = view(changed);
              send({ event: "charge", data: now });
              if (isFinal(now)) resolve();
            });
            signal.addEventListener("abort", () => resolve(), { once: true });
            signal.addEventListener("abort", end, { once: true });
          });
        };
      },
    }),
    route({
      method: "get",
      path: "/v1/events",
      id: "watchTill",
      summary: "Watch the till: an event at every change of any charge, for a screen beside it",
      role: "read",
      answer: charge,
      watch: () => async (send, signal) => {
        const { openNumber } = counter;
        if (openNumber !== undefined) send({ event: "charge", data: shown(openNumber) });
        const end = counter.watch((changed) => send({ event: "charge", data: view(changed) }));
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
        end();
      },
    }),
    route({
      method: "post",
      path: "/v1/charges/{number}/cancel",
      id: "cancelCharge",
      summary: "Make a sale unpayable; it is paid nevertheless when the money was there first",
      role: "till",
      params: saleNumber,
      body: z.strictObject({}),
      answer: charge,
      run: async ({ params }) => shown((await counter.cancel(params.number)).number),
    }),
    route({
      method: "post",
      path: "/v1/charges/{number}/pin",
      id: "givePin",
      summary: "Hand the card the PIN that it asks for, or give it up",
      role: "till",
      params: saleNumber,
      body: z.strictObject({
        pin: z
          .string()
          .regex(/^\d{4,12}$/, "need 4 to 12 digits")
          .optional()
          .describe("Left out: the PIN is given up, and another card can be tapped."),
      }),
      answer: charge,
      run({ params: { number }, body }) {
        counter.givePin(number, body.pin);
        return shown(number);
      },
    }),
    route({
      method: "post",
      path: "/v1/charges/{number}/refund",
      id: "refundCharge",
      summary: "Pay money of a paid sale back, once: to the card that paid, or to an invoice of the customer",
      role: "shift-lead",
      movesMoney: true,
      params: saleNumber,
      body: z.strictObject({
        invoice: text(4096).optional().describe("BOLT 11, over at most what was received"),
        amount: amount.optional().describe("To the card: a part of the sale; left out: all of it"),
      }),
      answer: refunded,
      async run({ params: { number }, body }) {
        if (body.invoice !== undefined && body.amount !== undefined)
          throw new HttpProblem(
            400,
            "parse",
            "amount: an invoice says its amount itself; leave one of them out",
          );
        const answer = await ask(till, "sales-refund", {
          sales: till.sales,
          number,
          ...(body.invoice === undefined ? {} : { invoice: canonicalInvoice(invoiceOf(body.invoice)) }),
          ...(body.amount === undefined ? {} : { amount: body.amount }),
        });
        if (!answer.isHere) throw new RangeError("the sales of this till are open elsewhere");
        if ("refused" in answer.told)
          throw new HttpProblem(
            409,
            answer.told.refused.name,
            SENTENCES.refund.refused(number, answer.told.refused.sentence),
          );
        return answer.told;
      },
    }),
  ];
}
