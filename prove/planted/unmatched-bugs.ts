import { bug, bugsOf, type PlantedBug } from "./bug.js";

const systemFaults = { campaign: "system-faults" } as const;
const unmatched = (named: string) => ({ tests: "test/issuer/unmatched.test.ts", named });

const AUTHORIZER = "issuer/authorizer/authorizer.ts";
const DECIDE = "issuer/authorizer/decide.ts";
const RECONCILER = "issuer/reconciler/reconciler.ts";
const SENT = "issuer/reconciler/sent-payments.ts";

/** In what becomes of payments that the ledger does not account for. */
export const UNMATCHED_BUGS: readonly PlantedBug[] = bugsOf("unmatched", [
  bug(
    "the result of a settlement is not checked",
    [unmatched("sqlite a payment under a counter that was voided")],
    ["issuer/authorizer/settle.ts", "if (booked) return;", "if (booked !== undefined) return;"],
  ),
  bug(
    "what the node has sent is not compared with the ledger",
    [unmatched("sqlite the reconciler finds what the node paid"), systemFaults],
    [SENT, "withoutAuthorization(store, store.db, paid)", "[] as PaidByNode[]"],
  ),
  bug(
    "the list of sent payments is read to the end of its first page",
    [unmatched("sqlite the reconciler finds what the node paid")],
    [SENT, "isLast = page === undefined) {", "isLast = true) {"],
  ),
  bug(
    "gaps are released while the node does not tell what it paid",
    [unmatched("sqlite no gap is released while the node does not list")],
    [
      RECONCILER,
      "sent && (await this.#othersAreClear()) ? await this.#voidGaps(sent.inFlight) : []",
      "await this.#voidGaps(sent?.inFlight ?? [])",
    ],
  ),
  bug(
    "a gap is released though an unmatched payment could belong to it",
    [unmatched("sqlite a gap that a forgotten payment could belong to"), systemFaults],
    [
      "issuer/ledger/gaps.ts",
      "claims.some((payment) => couldBelong(payment, gap))",
      "claims.some((payment) => payment.counter !== null && couldBelong(payment, gap))",
    ],
  ),
  bug(
    "a token whose payment the ledger forgot is refused because its invoice has expired",
    [unmatched("sqlite a forgotten payment is booked when its token comes again"), systemFaults],
    [DECIDE, "if (paidUnmatched === undefined)\n", "if (paidUnmatched !== authorization.amount + 1n)\n"],
  ),
  bug(
    "an expired invoice is refused without asking whether the node has paid it",
    [unmatched("sqlite a forgotten payment whose token comes before anybody found it")],
    [AUTHORIZER, "authorization.problem && (await", "!authorization && (await"],
  ),
  bug(
    "a matched payment stays in the account of unmatched ones",
    [unmatched("sqlite a forgotten payment is booked when its token comes again")],
    [
      "issuer/ledger/unmatched.ts",
      'booking(NO_CARD, "match", row.number, "unmatched", "node", amount,',
      'booking(NO_CARD, "match", row.number, "unmatched", "node", 0n * amount,',
    ],
  ),
  bug(
    "the proof does not know the account of unmatched payments",
    [unmatched("sqlite the proof of the ledger names the account of unmatched payments")],
    [
      "issuer/ledger/invariants/book.ts",
      "where coalesce(b.found, 0) <> u.amount + u.fee",
      "where coalesce(b.found, 0) > u.amount + u.fee + 1",
    ],
    [
      "issuer/ledger/invariants/book.ts",
      "or coalesce(b.remaining, 0) <> case",
      "or coalesce(b.remaining, 0) > 1 + case",
    ],
  ),
]);

const story = (named: string) => ({ tests: "test/security/final-rejects.test.ts", named });

/** In what a merchant may conclude from a reject. */
export const REJECT_BUGS: readonly PlantedBug[] = bugsOf("rejects", [
  bug(
    "a blocked card's token is refused for good, and paid once the card is unblocked",
    [story("the refusal is not final"), { tests: "test/terminal/terminal.test.ts", named: "on hold" }],
    [
      DECIDE,
      'if (facts.account.state === "retired")',
      'if (facts.account.state !== "pending" && facts.account.state !== "active")',
    ],
  ),
  bug(
    "a temporary reject frees the merchant to ask another payer",
    [
      story("the refusal is not final"),
      { tests: "test/lightning/api-vectors.test.ts", named: "a temporary reject" },
    ],
    [
      "lightning/api/initiation.ts",
      "return isTemporaryReason(happened.reason)",
      "return happened.reason === 64",
    ],
  ),
  bug(
    "a pending card is in use after it was blocked and unblocked",
    [story("is not in use after it was")],
    ["issuer/ledger/states.ts", 'account.activated === 1n ? "active" : "pending"', '"active"'],
  ),
  bug(
    "a token that shows an update which was never made is refused for good",
    [story("which a restored ledger makes later")],
    [DECIDE, "facts.acknowledged === undefined ? REASON.CARD_ON_HOLD : undefined", "undefined"],
  ),
  bug(
    "an invoice may expire as late as it likes",
    [story("for an invoice that expires late")],
    ["issuer/verify.ts", "now + maxExpirySeconds\n", "now + 1e6 * maxExpirySeconds\n"],
  ),
  bug(
    "a service without the keys of a card refuses its token for good",
    [story("says nothing about its tokens")],
    [AUTHORIZER, "(await this.#missingKeys.isFor(token))", "token.length === 0"],
  ),
]);

const fault = (named: string) => ({ tests: "test/issuer/one-cards-fault.test.ts", named });

/** In what keeps one card's fault its own. */
export const ONE_CARD_BUGS: readonly PlantedBug[] = bugsOf("one card", [
  bug(
    "one card whose credit is used up keeps the gaps of all from being released",
    [fault("sqlite a credit that would pass the maximum"), fault("sqlite sequences that are used up")],
    ["issuer/ledger/gaps.ts", "if (!(error instanceof ValueError)) throw error;", "throw error;"],
  ),
  bug(
    "one card whose credit is used up keeps the payments of all from being resolved",
    [fault("sqlite a payment of it that failed")],
    [RECONCILER, "if (!(error instanceof ValueError)) throw error;", "throw error;"],
  ),
  bug(
    "two cards with one public key are taken for two",
    [fault("sqlite a second card with the public key of another")],
    ["issuer/ledger/registry.ts", "  if (other)\n", "  if (other && card === undefined)\n"],
  ),
  bug(
    "two cards with one public key that come at once are taken for two",
    [fault("registered at once are one card")],
    ["issuer/ledger/registry.ts", "pg_advisory_xact_lock", "abs"],
  ),
]);
