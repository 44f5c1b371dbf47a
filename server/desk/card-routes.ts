import { z } from "zod";
import { readCardId } from "../../apdu/card-id.js";
import { cardData, detailsData } from "../../cli/issuer/card-view.js";
import { changeOf } from "../../cli/issuer/limits.js";
import {
  blockCard,
  type CardEntry,
  retireCard,
  setLimits,
  setPolicy,
  unblockCard,
} from "../../issuer/ledger/index.js";
import { cardDetails } from "../../issuer/reports/index.js";
import type { CardState } from "../../issuer/store/schema.js";
import { cardKey } from "../../issuer/store/values.js";
import { HttpProblem } from "../problem.js";
import { type Route, route } from "../route.js";
import { booked, cardOf, given, type OpenDesk } from "./desk.js";
import { cardParam } from "./money-routes.js";
import { cardAnswer, cardEntry } from "./schemas.js";

/** Cards in one answer. */
const PAGE = 200;
/** Cards in a page of a search. */
const FOUND = 50;
/** Authorizations that are shown of a card. */
const SHOWN = 50;

/** What is done to a card as it stands. */
const CHANGES = [
  ["block", "Refuse a card from now on", blockCard],
  ["unblock", "Let a blocked card pay again", unblockCard],
  ["retire", "Take a card with nothing left out of use for ever", retireCard],
] as const;

const amountOrNone = z.string().min(1).max(40).optional().describe("5000sat, or none");

/** Cards of an issuer, and what they may. */
export function cardRoutes(desk: OpenDesk): readonly Route[] {
  const { store, config } = desk;
  const shown = async (cardId: Uint8Array) => detailsData(await cardDetails(store, cardId, SHOWN));
  return [
    route({
      method: "get",
      path: "/v1/cards",
      id: "listCards",
      summary: "Cards in the order of their ids, a page at a time",
      role: "read",
      query: z.strictObject({
        state: z.enum(["pending", "active", "blocked", "retired"]).optional(),
        label: z.string().min(1).max(64).optional().describe("Only those with this in their label."),
        after: z.string().max(19).optional().describe("The last card of the page before."),
      }),
      answer: z.object({ cards: z.array(cardEntry), more: z.boolean() }),
      async run({ query }) {
        const found = await cardsOf(desk, query);
        return { cards: found.slice(0, PAGE).map(cardData), more: found.length > PAGE };
      },
    }),
    route({
      method: "get",
      path: "/v1/cards/{card}",
      id: "getCard",
      summary: "Everything that the ledger has of a card",
      role: "read",
      params: cardParam,
      answer: cardAnswer,
      run: async ({ params }) => shown(await cardOf(desk, params)),
    }),
    ...CHANGES.map(([what, summary, change]) =>
      route({
        method: "post",
        path: `/v1/cards/{card}/${what}`,
        id: `${what}Card`,
        summary,
        role: "desk",
        action: what,
        params: cardParam,
        body: z.strictObject({}),
        answer: cardAnswer,
        async run({ params }) {
          const cardId = await cardOf(desk, params);
          await change(store, cardId, Date.now());
          booked(desk, cardId);
          return await shown(cardId);
        },
      }),
    ),
    route({
      method: "post",
      path: "/v1/cards/{card}/limits",
      id: "limitCard",
      summary: "Give a card new limits, which it gets with its next tap, or a policy, which holds at once",
      role: "desk",
      action: "limits",
      params: cardParam,
      body: z.strictObject({
        maxPerTransaction: amountOrNone,
        pinThreshold: amountOrNone,
        budgetWithoutPin: amountOrNone,
        maxTransactions: z.int().min(0).max(0xffffffff).optional(),
        resetPinTries: z.boolean().optional(),
        resetBudget: z.boolean().optional(),
        policy: z.string().min(1).max(64).optional().describe("A name in the configuration."),
      }),
      answer: cardAnswer,
      async run({ params, body: { policy, ...limits } }) {
        const change = changeOf(given(limits));
        const isChange = Object.keys(change).length > 0;
        const named = policy === undefined ? undefined : config.policies[policy];
        if (policy !== undefined && !named)
          throw new HttpProblem(400, "parse", "policy: there is none of that name in the configuration");
        if (!isChange && !named)
          throw new HttpProblem(400, "parse", "nothing to change: give a limit, a reset or a policy");
        const cardId = await cardOf(desk, params);
        if (isChange) await setLimits(store, cardId, change, Date.now());
        if (named) await setPolicy(store, cardId, named);
        booked(desk, cardId);
        return await shown(cardId);
      },
    }),
    route({
      method: "get",
      path: "/v1/search",
      id: "searchCards",
      summary: "Cards in the order of what is printed on them, by a part of it or of the id",
      role: "read",
      query: z.strictObject({
        text: z.string().max(64).optional(),
        state: z.enum(["pending", "active", "blocked", "retired"]).optional(),
        page: z
          .string()
          .regex(/^\d{1,6}$/, "need the number of a page, from 0")
          .optional(),
      }),
      answer: z.object({ cards: z.array(cardEntry), total: z.int(), page: z.int(), pages: z.int() }),
      async run({ query: { text, state, page: wanted = "0" } }) {
        const page = Number.parseInt(wanted, 10);
        const question = { text, state, skip: page * FOUND, limit: FOUND };
        const { cards, total } = await desk.reports.ask("search", question);
        return { cards: cards.map(cardData), total, page, pages: Math.ceil(total / FOUND) };
      },
    }),
  ];
}

async function cardsOf({ reports }: OpenDesk, { state, label, after }: CardsQuery): Promise<CardEntry[]> {
  const id = after === undefined ? undefined : readCardId(after);
  if (after !== undefined && id === undefined)
    throw new HttpProblem(400, "parse", "after: need a card id such as 0123-4567-89ab-cdef");
  return await reports.ask("cards", { state, label, after: id && cardKey(id), limit: PAGE + 1 });
}

interface CardsQuery {
  readonly state?: CardState | undefined;
  readonly label?: string | undefined;
  readonly after?: string | undefined;
}
