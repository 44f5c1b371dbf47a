import { z } from "zod";
import { readCardId } from "../../apdu/card-id.js";
import { spendingData } from "../../cli/commands/report.js";
import { cardText, timeIso } from "../../cli/issuer/card-choice.js";
import { cardData, detailsData } from "../../cli/issuer/card-view.js";
import { changeOf } from "../../cli/issuer/limits.js";
import { readSpan } from "../../cli/issuer/time-span.js";
import { bytesToHex } from "../../common/bytes.js";
import { blockCard, type CardEntry, setLimits, setPolicy, unblockCard } from "../../issuer/ledger/index.js";
import { alerts, cardDetails } from "../../issuer/reports/index.js";
import type { CardState } from "../../issuer/store/schema.js";
import { cardKey } from "../../issuer/store/values.js";
import { HttpProblem } from "../problem.js";
import { type Route, route } from "../route.js";
import { booked, cardOf, type OpenDesk } from "./desk.js";
import { cardParam } from "./money-routes.js";
import { alertsAnswer, cardAnswer, cardEntry, reportAnswer } from "./schemas.js";

/** Cards in one answer. */
const PAGE = 200;
/** Cards in a page of a search. */
const FOUND = 50;
/** Cards that a report names. */
const MAX_REPORTED = 1000;
/** Authorizations that are shown of a card. */
const SHOWN = 50;

const amountOrNone = z.string().min(1).max(40).optional().describe("5000sat, or none");

/** Cards of an issuer, what they may, and what was paid. */
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
    ...(["block", "unblock"] as const).map((what) =>
      route({
        method: "post",
        path: `/v1/cards/{card}/${what}`,
        id: `${what}Card`,
        summary: what === "block" ? "Refuse a card from now on" : "Let a blocked card pay again",
        role: "desk",
        action: what,
        params: cardParam,
        body: z.strictObject({}),
        answer: cardAnswer,
        async run({ params }) {
          const cardId = await cardOf(desk, params);
          await (what === "block" ? blockCard : unblockCard)(store, cardId, Date.now());
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
    route({
      method: "get",
      path: "/v1/report",
      id: "getReport",
      summary: "What was paid by day, payee and card, and what the books say",
      role: "read",
      query: z.strictObject({
        from: z.string().max(10).optional().describe("Settled on this day or later: 2026-11-22"),
        to: z.string().max(10).optional().describe("Settled on this day or before."),
      }),
      answer: reportAnswer,
      async run({ query }) {
        const { timeZone, payees } = config;
        const span = { ...readSpan(given(query), timeZone), timeZone };
        const { report, labels } = await desk.reports.ask("report", span);
        const cards = new Map([...report.cards].sort(byAmount).slice(0, MAX_REPORTED));
        return {
          timeZone,
          ...spendingData({ ...report, cards }, { payees, labels }),
          moreCards: cards.size < report.cards.size,
        };
      },
    }),
    route({
      method: "get",
      path: "/v1/alerts",
      id: "getAlerts",
      summary:
        "What people have to look at: health, contradictions of cards, payments without an authorization",
      role: "read",
      answer: alertsAnswer,
      async run() {
        const { healthy, checks } = await desk.health();
        const { evidence, unmatched } = await alerts(store.db);
        return {
          healthy,
          checks: { ...checks },
          evidence: evidence.map(({ card, at, contradiction, times, message }) => ({
            card: cardText(card),
            at: timeIso(at),
            contradiction,
            times,
            message: bytesToHex(message),
          })),
          unmatched: unmatched.map(({ payment_hash, amount, fee, sent_at }) => ({
            paymentHash: bytesToHex(payment_hash),
            amount,
            fee,
            sentAt: timeIso(sent_at),
          })),
        };
      },
    }),
  ];
}

/** Those that paid most first. */
const byAmount = <T>(
  [, a]: readonly [T, { amount: bigint }],
  [, b]: readonly [T, { amount: bigint }],
): number => (a.amount > b.amount ? -1 : a.amount < b.amount ? 1 : 0);

/** Fields without those that are undefined, as options of a command. */
function given<T extends Readonly<Record<string, string | number | boolean | undefined>>>(fields: T) {
  const found = Object.entries(fields).filter(([, value]) => value !== undefined && value !== false);
  return Object.fromEntries(
    found.map(([name, value]) => [name, typeof value === "number" ? String(value) : value]),
  ) as Record<string, never>;
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
