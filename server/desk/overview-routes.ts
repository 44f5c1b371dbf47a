import { z } from "zod";
import { deskAmount } from "../../cli/issuer/agree.js";
import { nodeData } from "../../cli/issuer/node-view.js";
import { readSpan, startOfDay } from "../../cli/issuer/time-span.js";
import { amount } from "../../cli/node/operation.js";
import { describePolicy } from "../../issuer/policy/index.js";
import { dayIn } from "../../issuer/reports/index.js";
import { HttpProblem } from "../problem.js";
import { type Route, route } from "../route.js";
import type { OpenDesk } from "./desk.js";
import { auditAnswer, overviewAnswer, settingsAnswer, spendingAnswer } from "./overview-answers.js";

const DAY_MS = 86_400_000;
/** Hours of at most so many days are shown. */
const MAX_DAYS = 7;

const day = z.string().max(10).optional();

/** How the issuer stands, and who did what. */
export function overviewRoutes(desk: OpenDesk): readonly Route[] {
  const { config, reports, audit } = desk;
  const { timeZone, payees } = config;
  return [
    route({
      method: "get",
      path: "/v1/overview",
      id: "getOverview",
      summary:
        "What was paid today, the float against what is owed, liquidity, and how many alerts there are",
      role: "read",
      answer: overviewAnswer,
      async run() {
        const today = dayIn(timeZone)(Date.now());
        const from = startOfDay(today, timeZone, "day");
        const { payees: spent } = await reports.ask("hours", {
          from,
          to: startOfDay(today, timeZone, "day", 1),
          timeZone,
        });
        const { float, nodes, cards, alerts } = await reports.ask("standing", {});
        const { healthy } = await desk.health();
        const { asOf, ...sums } = float;
        return {
          day: today,
          timeZone,
          today: total([...spent.values()]),
          float: { ...sums, ...(asOf === undefined ? {} : { asOf: new Date(asOf).toISOString() }) },
          nodes: nodes.map(nodeData),
          cards: { ...cards },
          alerts,
          healthy,
        };
      },
    }),
    route({
      method: "get",
      path: "/v1/spending",
      id: "getSpending",
      summary: "What was paid by hour and stall, in the issuer's time zone, over at most seven days",
      role: "read",
      query: z.strictObject({
        from: day.describe("2026-11-22; left out: today"),
        to: day.describe("Left out: the day of `from`."),
      }),
      answer: spendingAnswer,
      async run({ query }) {
        const from = query.from ?? dayIn(timeZone)(Date.now());
        const to = query.to ?? from;
        const span = readSpan({ from, to }, timeZone);
        const { from: begin = 0, to: end = 0 } = span;
        if (end - begin > MAX_DAYS * DAY_MS + DAY_MS / 8)
          throw new HttpProblem(400, "parse", `to: need at most ${MAX_DAYS} days from ${from}, have ${to}`);
        const { hours, payees: stalls } = await reports.ask("hours", { from: begin, to: end, timeZone });
        return {
          from,
          to,
          timeZone,
          total: total([...stalls.values()]),
          hours: hours.map(({ at, payments, amount: paid, byPayee }) => ({
            at: new Date(at).toISOString(),
            payments,
            amount: paid,
            stalls: [...byPayee].map(([payee, of]) => ({ payee, amount: of })),
          })),
          stalls: [...stalls].map(([payee, of]) => ({
            payee,
            ...(payees[payee] === undefined ? {} : { name: payees[payee] }),
            ...of,
          })),
        };
      },
    }),
    route({
      method: "get",
      path: "/v1/settings",
      id: "getSettings",
      summary: "What the issuer's configuration allows at the desk",
      role: "read",
      answer: settingsAnswer,
      run: ({ caller }) => ({
        network: config.network,
        timeZone,
        ...(config.currency === undefined ? {} : { currency: config.currency }),
        maxTopUp: config.maxTopUp,
        policies: Object.entries(config.policies).map(([name, policy]) => ({
          name,
          sentences: [...describePolicy(policy)],
        })),
        station: desk.station !== undefined,
        letters: desk.station?.maker.letters !== undefined,
        role: caller?.role ?? "read",
        key: caller?.id ?? "",
      }),
    }),
    route({
      method: "get",
      path: "/v1/top-up-amount",
      id: "getTopUpAmount",
      summary: "What a top-up would book, for the question whether it is meant",
      role: "read",
      query: z.strictObject({
        amount: z.string().min(1).max(40).describe("As for a top-up."),
        rate: z.string().min(1).max(40).optional(),
      }),
      answer: z.object({ amount, fiat: z.string().optional() }),
      run({ query }) {
        const { amount: booked, fiat } = deskAmount(query.amount, query.rate, config);
        return { amount: booked, ...(fiat === undefined ? {} : { fiat: String(fiat) }) };
      },
    }),
    route({
      method: "get",
      path: "/v1/audit",
      id: "getAudit",
      summary: "Who did what at the desk and by commands, newest first",
      role: "read",
      query: z.strictObject({
        before: z
          .string()
          .regex(/^\d{1,15}$/, "need the number of a line")
          .optional(),
        card: z.string().min(1).max(64).optional().describe("The id of a card."),
      }),
      answer: auditAnswer,
      run({ query: { before, card } }) {
        const found = audit.list({
          before: before === undefined ? undefined : Number.parseInt(before, 10),
          card,
          limit: LINES + 1,
        });
        const lines = found
          .slice(0, LINES)
          .map(({ at, endedAt, key, card: of, reference, told, ...rest }) => ({
            ...rest,
            at: new Date(at).toISOString(),
            ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
            ...(key === undefined ? {} : { key }),
            ...(of === undefined ? {} : { card: of }),
            ...(reference === undefined ? {} : { reference }),
            ...(told === undefined ? {} : { told }),
          }));
        return { lines, more: found.length > LINES };
      },
    }),
  ];
}

/** Lines of the audit log in one answer. */
const LINES = 100;

const total = (sums: readonly { readonly payments: bigint; readonly amount: bigint }[]) => ({
  payments: sums.reduce((all, { payments }) => all + payments, 0n),
  amount: sums.reduce((all, one) => all + one.amount, 0n),
});
