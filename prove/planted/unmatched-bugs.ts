import { bugsOf, type PlantedBug } from "./bug.js";

const systemFaults = { campaign: "system-faults" } as const;
const unmatched = (named: string) => ({ tests: "test/issuer/unmatched.test.ts", named });

const AUTHORIZER = "issuer/authorizer/authorizer.ts";
const DECIDE = "issuer/authorizer/decide.ts";
const RECONCILER = "issuer/reconciler/reconciler.ts";
const SENT = "issuer/reconciler/sent-payments.ts";

/** In what becomes of payments that the ledger does not account for. */
export const UNMATCHED_BUGS: readonly PlantedBug[] = bugsOf("unmatched", [
  {
    name: "nobody looks at the result of a settlement",
    edits: { [AUTHORIZER]: [["if (!booked) await", "if (booked === undefined) await"]] },
    caughtBy: [unmatched("sqlite a payment under a counter that was voided")],
  },
  {
    name: "what the node has sent is not compared with the ledger",
    edits: { [SENT]: [["withoutAuthorization(store, store.db, paid)", "[] as PaidByNode[]"]] },
    caughtBy: [unmatched("sqlite the reconciler finds what the node paid"), systemFaults],
  },
  {
    name: "the list of sent payments is read to the end of its first page",
    edits: { [SENT]: [["isLast = page === undefined) {", "isLast = true) {"]] },
    caughtBy: [unmatched("sqlite the reconciler finds what the node paid")],
  },
  {
    name: "gaps are released while the node does not tell what it paid",
    edits: {
      [RECONCILER]: [
        ["sent ? await this.#voidGaps(sent.inFlight) : []", "await this.#voidGaps(sent?.inFlight ?? [])"],
      ],
    },
    caughtBy: [unmatched("sqlite no gap is released while the node does not list")],
  },
  {
    name: "a gap is released though an unmatched payment could belong to it",
    edits: {
      "issuer/ledger/gaps.ts": [
        [
          "claims.some((payment) => couldBelong(payment, gap))",
          "claims.some((payment) => payment.counter !== null && couldBelong(payment, gap))",
        ],
      ],
    },
    caughtBy: [unmatched("sqlite a gap that a forgotten payment could belong to"), systemFaults],
  },
  {
    name: "a token whose payment the ledger forgot is refused because its invoice has expired",
    edits: {
      [DECIDE]: [
        ["if (paidUnmatched === undefined) return", "if (paidUnmatched !== question.amount + 1n) return"],
      ],
    },
    caughtBy: [unmatched("sqlite a forgotten payment is booked when its token comes again"), systemFaults],
  },
  {
    name: "an expired invoice is refused without asking whether the node has paid it",
    edits: {
      [AUTHORIZER]: [["question.problem !== undefined && (await", "question.problem === 0 && (await"]],
    },
    caughtBy: [unmatched("sqlite a forgotten payment whose token comes before anybody found it")],
  },
  {
    name: "a matched payment stays in the account of unmatched ones",
    edits: {
      "issuer/ledger/unmatched.ts": [
        [
          'booking(NO_CARD, "match", row.number, "unmatched", "node", amount,',
          'booking(NO_CARD, "match", row.number, "unmatched", "node", 0n * amount,',
        ],
      ],
    },
    caughtBy: [unmatched("sqlite a forgotten payment is booked when its token comes again")],
  },
  {
    name: "the proof does not know the account of unmatched payments",
    edits: {
      "issuer/ledger/verify-ledger.ts": [
        [
          "where coalesce(b.found, 0) <> u.amount + u.fee",
          "where coalesce(b.found, 0) > u.amount + u.fee + 1",
        ],
      ],
    },
    caughtBy: [unmatched("sqlite the proof of the ledger sees an unmatched payment without its booking")],
  },
]);
