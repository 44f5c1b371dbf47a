import { bugsOf, type PlantedBug } from "./bug.js";

const systemFaults = { campaign: "system-faults" } as const;
/** Random festivals against the model of the ledger, on SQLite. */
const ledgerModel = { tests: "test/issuer/model.test.ts", named: "on sqlite" };
const story = (file: string, named: string) => ({ tests: `test/security/${file}.test.ts`, named });
const test = (file: string, named: string) => ({ tests: `test/issuer/${file}.test.ts`, named });

const AUTHORIZER = "issuer/authorizer/authorizer.ts";
const STATUS = "issuer/authorizer/status.ts";
const WRITER = "issuer/authorizer/ledger-writer.ts";
const DECIDE = "issuer/authorizer/decide.ts";
const FACTS = "issuer/ledger/facts.ts";
const RESOLVE = "issuer/ledger/resolve.ts";
const LIMITS = "issuer/ledger/limits.ts";
const SCHEMA = "issuer/store/migrations/0001-ledger.ts";
const FEES_SCHEMA = "issuer/store/migrations/0003-fees.ts";
const FEES = "issuer/ledger/fees.ts";
const CARD_RATE = "issuer/authorizer/card-rate.ts";
const EVIDENCE = "issuer/ledger/evidence.ts";
const RECORD = "issuer/ledger/record.ts";
const RECONCILER = "issuer/reconciler/reconciler.ts";
const LEASES = "issuer/reconciler/leases.ts";
const NEXT_MOVE = "issuer/reconciler/next-move.ts";
const POLICY = "issuer/policy/evaluate.ts";

/** In the decision about a token, and in what is paid for it. */
export const ISSUER_BUGS: readonly PlantedBug[] = bugsOf("issuer", [
  {
    name: "the money that is there is not looked at",
    edits: {
      [DECIDE]: [
        [
          "account.spent + account.held + authorization.amount > account.funded",
          "account.spent > account.funded",
        ],
      ],
    },
    caughtBy: [
      story("overspending-card", "not one more"),
      ledgerModel,
      systemFaults,
      test("decide", "one msat more"),
    ],
  },
  {
    name: "neither the service nor the database looks at the money",
    edits: {
      [DECIDE]: [
        [
          "account.spent + account.held + authorization.amount > account.funded",
          "account.spent > account.funded + authorization.amount",
        ],
      ],
      [SCHEMA]: [["check (spent <= funded), ", ""]],
      [FEES_SCHEMA]: [[" and spent + held <= funded)", ")"]],
    },
    caughtBy: [story("overspending-card", "not one more"), systemFaults],
  },
  {
    name: "a card that is blocked for the issuer pays",
    edits: { [DECIDE]: [['facts.account.state !== "active"', 'facts.account.state === "pending"']] },
    caughtBy: [story("overspending-card", "blocked or taken out of use"), ledgerModel],
  },
  {
    name: "an older status among counters that were passed over is forgotten",
    edits: {
      [STATUS]: [["gap ? [gap] : await this.#split(tx, account, counter, total)", "gap ? [gap] : []"]],
    },
    caughtBy: [test("counter-vectors", "contradicts an older status within a gap")],
  },
  {
    name: "two statements under one counter are not noticed",
    edits: { [DECIDE]: [["return same ? undefined", "return same || known ? undefined"]] },
    caughtBy: [story("rogue-card", "set back to an earlier copy"), ledgerModel],
  },
  {
    name: "the reconciler takes for left behind what a request is about to pay",
    edits: { [AUTHORIZER]: [["this.payments.hold(authorization)", "() => {}"]] },
    caughtBy: [test("reserved-unpaid", "sqlite is the request's own")],
  },
  {
    name: "all services of a node have one lease owner",
    edits: {
      "issuer/authorizer/default-ports.ts": [
        ["owner: randomBytes(8).readBigInt64BE()", "owner: BigInt(given.nodeId.length)"],
      ],
    },
    caughtBy: [test("same-owner", "neither voids what the other is paying")],
  },
  {
    name: "a service that shares its node takes over the leases of the others when it starts",
    edits: { "issuer/service/service.ts": [["if (parts.ownsNode) await", "await"]] },
    caughtBy: [test("service-running", "shares its node leaves the leases")],
  },
  {
    name: "an invoice counts as expired because a clock says so",
    edits: { [RECONCILER]: [[">= leaseMs + payTimeoutMs;", ">= 0 * (leaseMs + payTimeoutMs);"]] },
    caughtBy: [ledgerModel, test("reconciler", "sqlite who believes that an invoice has expired")],
  },
  {
    name: "a lease made by a clock that was ahead lasts as long as it says",
    edits: { [LEASES]: [["monotonic()) >= leaseMs);", "monotonic()) >= 1e9 * leaseMs);"]] },
    caughtBy: [test("reconciler", "sqlite takes over what was reserved while the clock")],
  },
  {
    name: "a living process loses its leases because its clock is ahead",
    edits: { [LEASES]: [["monotonic()) >= leaseMs);", "monotonic()) >= 0 * leaseMs);"]] },
    caughtBy: [test("reconciler", "sqlite leaves a living process")],
  },
  {
    name: "a payment is sent under a lease that may be over",
    edits: {
      [RECONCILER]: [["claimedAt > this.#config.leaseMs / 2", "claimedAt > this.#config.leaseMs * 2"]],
    },
    caughtBy: [test("reconciler", "sqlite sends nothing any more")],
  },
  {
    name: "a clock that is behind makes gaps old",
    edits: { [RECONCILER]: [["this.#gaps.older(ageMs,", "this.#gaps.older(0 * ageMs,"]] },
    caughtBy: [ledgerModel, test("counters", "sqlite a clock that was behind")],
  },
  {
    name: "limits that were signed are not looked at",
    edits: { [DECIDE]: [["if (!facts.permitted)", "if (!facts.permitted && authorization.amount < 1n)"]] },
    caughtBy: [story("rogue-card", "whose limits were changed in its memory")],
  },
  {
    name: "one msat above the signed maximum passes",
    edits: { [FACTS]: [["max_per_transaction >=", "max_per_transaction + 1 >="]] },
    caughtBy: [story("rogue-card", "just above its maximum")],
  },
  {
    name: "one msat above the signed credit passes",
    edits: { [FACTS]: [["credit >=", "credit + 1 >="]] },
    caughtBy: [story("rogue-card", "just above its credit")],
  },
  {
    name: "one transaction more than was signed passes",
    edits: { [FACTS]: [["max_transactions >=", "max_transactions + 1 >="]] },
    caughtBy: [story("rogue-card", "just above its number of transactions")],
  },
  {
    name: "one msat above the policy's limit for 24 hours passes",
    edits: { [POLICY]: [["question.spent24h + amount >", "question.spent24h + amount - 1n >"]] },
    caughtBy: [story("rogue-terminal", "own limit for a day"), test("policy", "24 h one msat over")],
  },
  {
    name: "one msat below the policy's least for one payment passes",
    edits: { [POLICY]: [["amount < policy.minPerTransaction", "amount + 1n < policy.minPerTransaction"]] },
    caughtBy: [test("policy", "one msat below it"), test("decide", "less than 1 sat")],
  },
  {
    name: "a card's budget of fees is not looked at",
    edits: {
      [DECIDE]: [["least(allowance, cardFeesLeft(policy, fees), ...onCard)", "least(allowance, ...onCard)"]],
    },
    caughtBy: [
      test("fees", "sqlite the holder of a card"),
      test("decide", "card's 24 hours have left"),
      ledgerModel,
    ],
  },
  {
    name: "the issuer's budget of fees is not looked at",
    edits: { [DECIDE]: [["msat(least(ofCard, feesLeft))", "msat(ofCard)"]] },
    caughtBy: [test("fees", "sqlite the issuer's budget holds"), test("decide", "what the issuer has left")],
  },
  {
    name: "two services each look at the issuer's budget of fees alone",
    edits: { [FEES]: [[" and totals.fees + ", " and 0 * totals.fees + "]] },
    caughtBy: [test("fees", "hold the issuer.s budget of fees together")],
  },
  {
    name: "two services each look at the places alone",
    edits: {
      [FEES]: [["(p) => `totals.payments + ", "(p) => `0 * totals.payments + "]],
    },
    caughtBy: [test("fees", "hold the places for payments")],
  },
  {
    name: "the fee of a payment counts only when it is settled",
    edits: { [RECORD]: [['amount: decision.kind === "reserve" ? decision.maxFee : 0n', "amount: 0n"]] },
    caughtBy: [test("fees", "sqlite counts the highest fee"), ledgerModel, systemFaults],
  },
  {
    name: "what a payment did not cost in fees stays counted",
    edits: { [RESOLVE]: [["amount: reserved.maxFee - fee", "amount: fee - fee"]] },
    caughtBy: [test("fees", "sqlite counts the highest fee"), ledgerModel, systemFaults],
  },
  {
    name: "the fee of a payment that failed stays counted",
    edits: {
      [RESOLVE]: [
        ["decidedAt: row.decided_at, amount: row.max_fee", "decidedAt: row.decided_at, amount: 0n"],
      ],
    },
    caughtBy: [test("fees", "sqlite counts the highest fee"), ledgerModel, systemFaults],
  },
  {
    name: "the fee that a card bears is not held while the payment is in flight",
    edits: { [DECIDE]: [["held: byCard ? allowed : msat(0n)", "held: byCard ? msat(0n) : msat(0n)"]] },
    caughtBy: [
      test("fees", "sqlite are held while"),
      test("decide", "has it besides the amount"),
      ledgerModel,
    ],
  },
  {
    name: "a card pays more of a fee than was held for it",
    edits: {
      [RESOLVE]: [
        ["(fee < reserved.held ? fee : reserved.held)", "(reserved.held > 0n ? fee : reserved.held)"],
      ],
    },
    caughtBy: [test("fees", "sqlite never exceed what was held")],
  },
  {
    name: "one card's payments in flight have no limit of their own",
    edits: { [DECIDE]: [["inFlight >= maxInFlightPerCard", "inFlight > 1e9 * maxInFlightPerCard"]] },
    caughtBy: [
      test("in-flight", "sqlite one card whose payments hang"),
      test("decide", "as many in flight"),
      ledgerModel,
    ],
  },
  {
    name: "no places are kept for cards that have nothing in flight",
    edits: {
      [DECIDE]: [
        ["Math.ceil((places * keptPlacesPercent) / 100)", "Math.ceil((0 * keptPlacesPercent) / 100)"],
      ],
    },
    caughtBy: [test("in-flight", "sqlite cards with payments in flight"), test("decide", "kept for cards")],
  },
  {
    name: "the HTLCs that the node's channels take are not looked at",
    edits: {
      "issuer/authorizer/load.ts": [["slots ?? limits.maxInFlight", "limits.maxInFlight + (slots ?? 0)"]],
    },
    caughtBy: [test("in-flight", "sqlite no more payments are in flight")],
  },
  {
    name: "repeats of a decided token take of the card's rate",
    edits: {
      [AUTHORIZER]: [
        [
          "const isRepeat = authorization.record.isDecided || this.#inWork.has(name)",
          "const isRepeat = !authorization.record.isDecided && this.#inWork.has(name)",
        ],
      ],
    },
    caughtBy: [test("repeats", "sqlite a paid token, replayed")],
  },
  {
    name: "the repeat of a status takes of the card's rate",
    edits: { [CARD_RATE]: [["this.#statuses.has(statement)", "!this.#statuses.has(statement) && now < 0"]] },
    caughtBy: [test("repeats", "sqlite a status that is replayed")],
  },
  {
    name: "the same statement under another signature is evidence again",
    edits: { [EVIDENCE]: [["statementOf(message).equals(statement)", "message.equals(item.message)"]] },
    caughtBy: [test("repeats", "sqlite one contradicting token")],
  },
  {
    name: "evidence that is presented again blocks a card that was unblocked",
    edits: { [RECORD]: [[' && kept !== "repeat"', ""]] },
    caughtBy: [test("repeats", "sqlite evidence that is presented again"), ledgerModel],
  },
  {
    name: "the window of 24 hours ends one millisecond late",
    edits: { [FACTS]: [["decided_at <=", "decided_at <"]] },
    caughtBy: [test("authorizer", "sqlite rolling limits")],
  },
  {
    name: "a token for another amount than the invoice's is paid",
    edits: {
      "issuer/verify.ts": [
        ["invoice.amount === fields.amount) return undefined;", "invoice.amount > 0n) return undefined;"],
      ],
    },
    caughtBy: [story("rogue-terminal", "that shows 10 sat")],
  },
  {
    name: "the last counter that a card has passed over is not looked for",
    edits: {
      [FACTS]: [["counter <= account(one).top_counter", "counter < account(one).top_counter"]],
    },
    caughtBy: [ledgerModel],
  },
  {
    name: "a token of a gap that was released is paid",
    edits: { [DECIDE]: [["facts.gap.voided_at !== null", "facts.gap.voided_at === 0n"]] },
    caughtBy: [story("rogue-terminal", "after its gap was released"), systemFaults],
  },
  {
    name: "a token whose payment failed is paid when it comes again",
    edits: {
      [AUTHORIZER]: [
        [
          '      case "known":\n',
          '      case "known":\n        if (decision.known.state === "void") return await this.#pay(authorization, { maxFee: 5_000n, maxCltv: 1008, held: 0n }, recorded);\n',
        ],
      ],
    },
    caughtBy: [story("rogue-terminal", "whose payment failed was refunded"), systemFaults],
  },
  {
    name: "the same token again is neither joined nor known: it is paid again",
    edits: {
      [AUTHORIZER]: [
        ["    if (there) return await there;\n", ""],
        [
          '      case "known":\n',
          '      case "known":\n        return await this.#pay(authorization, { maxFee: 5_000n, maxCltv: 1008, held: 0n }, recorded);\n',
        ],
      ],
    },
    caughtBy: [test("authorizer", "sqlite pays a token once"), systemFaults],
  },
  {
    name: "the node is asked to pay before the ledger is",
    edits: {
      [AUTHORIZER]: [
        [
          "    const recorded = await this.writer.decide(authorization);\n",
          "    await this.payments.pay(authorization, { ...authorization, maxFee: 5_000n, maxCltv: 1008, timeoutMs: 2000, amount: undefined });\n    const recorded = await this.writer.decide(authorization);\n",
        ],
      ],
    },
    caughtBy: [story("rogue-card", "cloned: the first counter"), systemFaults],
  },
  {
    name: "the payment begins before its reservation is committed",
    edits: {
      [WRITER]: [
        [
          "run: (jobs) => ports.store.write((tx) => this.#run(tx, jobs)),",
          `run: (jobs) =>
        new Promise((resolve, reject) => {
          const work = async (tx: Tx) => {
            const done = await this.#run(tx, jobs);
            resolve(done);
          };
          ports.store.write(work).catch(reject);
        }),`,
        ],
      ],
    },
    caughtBy: [systemFaults],
  },
  {
    name: "a payment that the node does not know the end of is taken for failed",
    edits: { [AUTHORIZER]: [['} else if (paid.state === "failed") {', "} else {"]] },
    caughtBy: [ledgerModel, systemFaults],
  },
]);

/** In what becomes of payments whose end was not seen. */
export const RECONCILER_BUGS: readonly PlantedBug[] = bugsOf("reconciler", [
  {
    name: "the reconciler takes unknown for failed",
    edits: { [NEXT_MOVE]: [['      return "wait";\n    case "failed":\n', '    case "failed":\n']] },
    caughtBy: [test("reconciler", "the next move"), ledgerModel, systemFaults],
  },
  {
    name: "not found is final while the payment may still be sent",
    edits: { [NEXT_MOVE]: [['active ? "wait" : "pay"', 'active ? "wait" : "void"']] },
    // What a request is about to pay is held, so that the books stay right; the next bug is without that.
    caughtBy: [test("reconciler", "the next move"), ledgerModel],
  },
  {
    name: "not found is final, and what a request is about to pay is not held",
    edits: {
      [NEXT_MOVE]: [['active ? "wait" : "pay"', 'active ? "wait" : "void"']],
      [AUTHORIZER]: [["this.payments.hold(authorization)", "() => {}"]],
    },
    caughtBy: [systemFaults],
  },
  {
    name: "the lease is not checked before the money is released",
    edits: {
      [RESOLVE]: [
        ["  if (lease.owner !== owner) return false;\n", ""],
        ["return lease.takeovers === 0n ||", "return owner !== 0n ||"],
      ],
    },
    caughtBy: [test("reconciler", "sqlite who lost its lease voids nothing")],
  },
  {
    name: "the update that gives the amount back is queued in a transaction of its own",
    edits: {
      [RESOLVE]: [
        ['const pending = await queueUpdate(store, tx, account, "void", now);', "const pending = undefined;"],
      ],
      [WRITER]: [
        [
          'return (await this.#decisions.submit({ type: "void", key, right, reason })) as Voided;',
          `const done = (await this.#decisions.submit({ type: "void", key, right, reason })) as Voided;
    if (!done.voided) return done;
    const { queueUpdate } = await import("../ledger/limits.js");
    const { lockAccount, saveAccount } = await import("../ledger/accounts.js");
    const { store, clock } = this.#ports;
    const pending = await store.write(async (tx) => {
      const account = await lockAccount(store, tx, key.card);
      const queued = await queueUpdate(store, tx, account, "void", BigInt(clock()));
      await saveAccount(tx, account);
      return queued;
    });
    return { ...done, pending };`,
        ],
      ],
    },
    caughtBy: [test("every-commit", "after every single commit")],
  },
]);

/** In the books and what they rest on. */
export const LEDGER_BUGS: readonly PlantedBug[] = bugsOf("ledger", [
  {
    name: "a service does not bring its commits to disk",
    edits: { "issuer/store/sqlite-background.ts": [["await this.#log.sync();", ""]] },
    caughtBy: [test("log-sync", "syncs only what changed")],
  },
  {
    name: "a service goes on after a commit that it could not bring to disk",
    edits: { "issuer/store/sqlite.ts": [["this.background?.check();", ""]] },
    caughtBy: [test("log-sync", "takes nothing more")],
  },
  {
    name: "living payment hashes have no unique index",
    edits: {
      [SCHEMA]: [["create unique index authorizations_payment", "create index authorizations_payment"]],
    },
    caughtBy: [
      test("same-invoice", "one invoice of two cards"),
      test("ledger", "sqlite the database itself refuses a payment hash twice"),
    ],
  },
  {
    name: "a payment is booked without a look at its preimage",
    edits: {
      [RESOLVE]: [
        [
          "preimage.length === 32 && equalBytes(sha256(preimage), paymentHash)",
          "preimage.length === 32 && paymentHash.length === 32",
        ],
      ],
    },
    caughtBy: [test("lying-node", "sqlite settles nothing")],
  },
  {
    name: "the proof overlooks a booking that does not balance",
    edits: {
      "issuer/ledger/verify-ledger.ts": [
        [
          "group by card, kind, reference having sum(amount) <> 0",
          "group by card, kind, reference having sum(amount) > 1e18",
        ],
      ],
    },
    caughtBy: [test("ledger", "sqlite the proof sees it when it does not hold: the lines of each booking")],
  },
  {
    name: "SQLite goes on after it has given a transaction up",
    edits: {
      "issuer/store/sqlite.ts": [
        [
          "this.inTransaction && !this.#database.inTransaction",
          "this.inTransaction && this.#statements.size < 0",
        ],
      ],
    },
    caughtBy: [test("full-disk", "full in the middle of a decision")],
  },
  {
    name: "a booking does not balance",
    edits: {
      "issuer/ledger/bookings.ts": [["account: from, amount: -amount", "account: from, amount: 1n - amount"]],
    },
    caughtBy: [ledgerModel],
  },
  {
    name: "the credit falls with a cash-out",
    edits: { [LIMITS]: [["  if (credit < newest.credit) credit = newest.credit;\n", ""]] },
    caughtBy: [ledgerModel, systemFaults],
  },
  {
    name: "a reset of the PIN tries is carried on without end",
    edits: { [LIMITS]: [["MAX_CARRIES = 4n", "MAX_CARRIES = 400n"]] },
    caughtBy: [story("updates", "a reset of the PIN tries waits")],
  },
]);
