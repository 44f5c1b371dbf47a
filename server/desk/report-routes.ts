import { z } from "zod";
import { spendingData } from "../../cli/commands/report.js";
import { csvForm } from "../../cli/csv-options.js";
import { cardText, timeIso } from "../../cli/issuer/card-choice.js";
import { readSpan } from "../../cli/issuer/time-span.js";
import { amount } from "../../cli/node/operation.js";
import { bytesToHex, hexToBytes } from "../../common/bytes.js";
import { writeOff } from "../../issuer/ledger/index.js";
import { alerts, spendingCsv } from "../../issuer/reports/index.js";
import { HttpProblem } from "../problem.js";
import { type Route, route } from "../route.js";
import { given, noteBy, type OpenDesk } from "./desk.js";
import { alertsAnswer, reportAnswer } from "./schemas.js";

/** Cards that a report names. */
const MAX_REPORTED = 1000;

const days = {
  from: z.string().max(10).optional().describe("Settled on this day or later: 2026-11-22"),
  to: z.string().max(10).optional().describe("Settled on this day or before."),
};

/** What was paid, what the books say, and what people have to look at. */
export function reportRoutes(desk: OpenDesk): readonly Route[] {
  const { store, reports } = desk;
  const { timeZone, payees, currency } = desk.config;
  const asked = (query: { readonly from?: string | undefined; readonly to?: string | undefined }) =>
    reports.ask("report", { ...readSpan(given(query), timeZone), timeZone });
  return [
    route({
      method: "get",
      path: "/v1/report",
      id: "getReport",
      summary: "What was paid by day, payee and card, and what the books say",
      role: "read",
      query: z.strictObject(days),
      answer: reportAnswer,
      async run({ query }) {
        const { report, labels } = await asked(query);
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
      path: "/v1/report/csv",
      id: "getReportCsv",
      summary: "What was paid by day, payee and card, as CSV, with every card",
      role: "read",
      query: z.strictObject({
        ...days,
        separator: z.enum(["comma", "semicolon", "tab"]).default("comma"),
        bom: z.enum(["true", "false"]).default("false").describe("Begin with a byte order mark."),
        fiatRate: z
          .string()
          .min(1)
          .max(40)
          .optional()
          .describe("Price of one bitcoin such as 61500eur: amounts in that currency, too."),
      }),
      answer: z.object({ csv: z.string() }),
      async run({ query: { separator, bom, fiatRate, ...span } }) {
        const form = csvForm({ separator, bom: bom === "true", ...given({ fiatRate }) }, timeZone, currency);
        const { report, labels } = await asked(span);
        return { csv: spendingCsv(report, cardText, { payees, labels }, form) };
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
          unmatched: unmatched.map(({ payment_hash, amount: paid, fee, sent_at }) => ({
            paymentHash: bytesToHex(payment_hash),
            amount: paid,
            fee,
            sentAt: timeIso(sent_at),
          })),
        };
      },
    }),
    route({
      method: "post",
      path: "/v1/unmatched/{paymentHash}/write-off",
      id: "writeOffPayment",
      summary: "Close a payment of the node that no authorization accounts for: the issuer bears it",
      role: "desk",
      action: "write-off",
      movesMoney: true,
      params: z.object({
        paymentHash: z.string().regex(/^[0-9a-f]{64}$/, "need 64 hex digits in lower case"),
      }),
      body: z.strictObject({
        note: z.string().trim().min(1).max(200).describe("Why, such as: paid by hand to the caterer"),
      }),
      answer: z.object({
        paymentHash: z.string(),
        state: z.string(),
        amount,
        fee: amount,
        note: z.string(),
      }),
      async run({ params: { paymentHash }, body, caller }) {
        const note = noteBy(body.note, caller);
        const done = await writeOff(store, hexToBytes(paymentHash), note, Date.now());
        if (done.note !== note)
          throw new HttpProblem(409, "written-off", `the payment was written off before: ${done.note}`, {
            hint: "Nothing was changed.",
          });
        return { paymentHash, state: done.state, amount: done.amount, fee: done.fee, note: done.note };
      },
    }),
  ];
}

/** Those that paid most first. */
const byAmount = <T>(
  [, a]: readonly [T, { amount: bigint }],
  [, b]: readonly [T, { amount: bigint }],
): number => (a.amount > b.amount ? -1 : a.amount < b.amount ? 1 : 0);
