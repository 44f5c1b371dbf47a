import { z } from "zod";
import { deskAmount } from "../../cli/issuer/agree.js";
import { cardText } from "../../cli/issuer/card-choice.js";
import { parseAmount } from "../../common/index.js";
import {
  faceRoute,
  findTopUp,
  type Order,
  placeOrder,
  remaining,
  showCard,
} from "../../issuer/ledger/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { type Route, route } from "../route.js";
import { booked, cardOf, noteBy, type OpenDesk } from "./desk.js";
import { bookedAnswer } from "./schemas.js";

/** The card in a path. */
export const cardParam = z.object({
  card: z.string().min(1).max(64).describe("Its id, or what is printed on it."),
});

const note = z.string().max(200).optional().describe("Kept with the booking, beside the name of the key.");

/** Money that the desk moves: each order once, under its Idempotency-Key. */
export function moneyRoutes(desk: OpenDesk): readonly Route[] {
  const { store, config } = desk;
  const place = async (reference: string, order: Order, shown = order.cardId) => {
    const done = await placeOrder(store, reference, order, Date.now());
    booked(desk, shown);
    return {
      card: cardText(cardKey(order.cardId)),
      amount: done.amount,
      left: remaining(await showCard(store.db, shown)),
      reference,
      repeated: done.repeated,
    };
  };
  return [
    route({
      method: "post",
      path: "/v1/cards/{card}/top-up",
      id: "topUpCard",
      summary: "Book money paid in for a card, which learns of it with its next tap",
      role: "desk",
      action: "top-up",
      movesMoney: true,
      params: cardParam,
      body: z.strictObject({
        amount: z.string().min(1).max(40).describe("5000sat, or a sum such as 5eur; at most maxTopUp"),
        rate: z.string().min(1).max(40).optional().describe("Price of one bitcoin such as 61500eur"),
        note,
      }),
      answer: bookedAnswer,
      async run({ params, body, key, caller }) {
        const { amount } = deskAmount(body.amount, body.rate, config);
        const cardId = await cardOf(desk, params);
        return await place(key, { kind: "top-up", cardId, amount, note: noteBy(body.note ?? "", caller) });
      },
    }),
    route({
      method: "post",
      path: "/v1/cards/{card}/reverse",
      id: "reverseTopUp",
      summary: "Book a mistaken top-up back, as far as it is unspent",
      role: "desk",
      action: "reverse",
      movesMoney: true,
      params: cardParam,
      body: z.strictObject({
        topUp: z
          .string()
          .regex(/^[1-9]\d{0,17}$/, "need the number of a top-up")
          .describe("Its number among the card's operations."),
        note,
      }),
      answer: bookedAnswer,
      async run({ params, body, key, caller }) {
        const cardId = await cardOf(desk, params);
        const { operation } = await findTopUp(store.db, cardId, BigInt(body.topUp));
        const order = { kind: "reverse", cardId, operation, note: noteBy(body.note ?? "", caller) } as const;
        return await place(key, order);
      },
    }),
    route({
      method: "post",
      path: "/v1/cards/{card}/cash-out",
      id: "cashOutCard",
      summary: "Book all that a card has left as paid out, and block it",
      role: "desk",
      action: "cash-out",
      movesMoney: true,
      params: cardParam,
      body: z.strictObject({ note }),
      answer: bookedAnswer,
      async run({ params, body, key, caller }) {
        const cardId = await cardOf(desk, params);
        return await place(key, { kind: "cash-out", cardId, note: noteBy(body.note ?? "", caller) });
      },
    }),
    route({
      method: "post",
      path: "/v1/cards/{card}/move",
      id: "moveMoney",
      summary: "Move money between a card's account and that of its second face",
      role: "desk",
      action: "move",
      movesMoney: true,
      params: cardParam,
      body: z.strictObject({
        amount: z.string().min(1).max(40).describe("Such as 5000sat."),
        back: z.boolean().default(false).describe("True: from the second face to the card."),
      }),
      answer: bookedAnswer.extend({ to: z.string().describe("The account that has it now.") }),
      async run({ params, body, key }) {
        const amount = parseAmount(body.amount, "amount");
        const { cardId, to } = await faceRoute(store.db, await cardOf(desk, params), body.back);
        return { ...(await place(key, { kind: "move", cardId, to, amount })), to: cardText(cardKey(to)) };
      },
    }),
    route({
      method: "post",
      path: "/v1/cards/{card}/replace",
      id: "replaceCard",
      summary: "Move the money of a lost card to another active card, and retire the first for ever",
      role: "desk",
      action: "replace",
      movesMoney: true,
      params: cardParam,
      body: z.strictObject({ by: z.string().min(1).max(64).describe("The card that replaces it.") }),
      answer: bookedAnswer.extend({ replacedBy: z.string() }),
      async run({ params, body, key }) {
        const cardId = await cardOf(desk, params);
        const replacement = await cardOf(desk, { card: body.by });
        const done = await place(key, { kind: "replace", cardId, replacement }, replacement);
        return { ...done, replacedBy: cardText(cardKey(replacement)) };
      },
    }),
  ];
}
