import { bug, bugsOf, type PlantedBug } from "./bug.js";

const systemFaults = { campaign: "system-faults" } as const;
/** Random festivals against the model of the ledger, on SQLite. */
const ledgerModel = { tests: "test/issuer/model.test.ts", named: "on sqlite" };
const story = (file: string, named: string) => ({ tests: `test/security/${file}.test.ts`, named });
const receiver = (named: string) => ({ tests: "test/lightning/api-receiver.test.ts", named });
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
  bug(
    "the money of a card is not checked",
    [story("overspending-card", "not one more"), ledgerModel, systemFaults, test("decide", "one msat more")],
    [DECIDE, "authorization.amount > remaining(account)", "account.spent > account.funded"],
  ),
  bug(
    "neither the service nor the database checks the money",
    [story("overspending-card", "not one more"), systemFaults],
    [
      DECIDE,
      "authorization.amount > remaining(account)",
      "account.spent > account.funded + authorization.amount",
    ],
    [SCHEMA, "check (spent <= funded), ", ""],
    [FEES_SCHEMA, " and spent + held <= funded)", ")"],
  ),
  bug(
    "a card that is blocked for the issuer pays",
    [story("overspending-card", "blocked or taken out of use"), ledgerModel],
    [DECIDE, 'facts.account.state !== "active"', 'facts.account.state === "pending"'],
  ),
  bug(
    "an older status among skipped counters is forgotten",
    [test("counter-vectors", "contradicts an older status within a gap")],
    [STATUS, "gap ? [gap] : await this.#split(tx, account, counter, total)", "gap ? [gap] : []"],
  ),
  bug(
    "two statements under one counter are not noticed",
    [story("rogue-card", "set back to an earlier copy"), ledgerModel],
    [DECIDE, "return same ? undefined", "return same || known ? undefined"],
  ),
  bug(
    "the reconciler takes for left behind what a request is about to pay",
    [test("reserved-unpaid", "sqlite is the request's own")],
    [AUTHORIZER, "this.payments.hold(authorization)", "() => {}"],
  ),
  bug(
    "all services of a node have one lease owner",
    [{ tests: "test/failover/same-owner.test.ts", named: "neither voids what the other is paying" }],
    [
      "issuer/authorizer/default-ports.ts",
      "owner: randomBytes(8).readBigInt64BE()",
      "owner: BigInt(given.nodeId.length)",
    ],
  ),
  bug(
    "a service that shares its node takes over the leases of the others when it starts",
    [test("service-running", "shares its node leaves the leases")],
    ["issuer/service/service.ts", "if (parts.ownsNode) await", "await"],
  ),
  bug(
    "an invoice counts as expired because a clock says so",
    [ledgerModel, test("reconciler", "sqlite who believes that an invoice has expired")],
    [RECONCILER, ">= leaseMs + payTimeoutMs;", ">= 0 * (leaseMs + payTimeoutMs);"],
  ),
  bug(
    "a lease made by a clock that was ahead lasts as long as it says",
    [test("reconciler", "sqlite takes over what was reserved while the clock")],
    [LEASES, "monotonic()) >= leaseMs);", "monotonic()) >= 1e9 * leaseMs);"],
  ),
  bug(
    "a living process loses its leases because its clock is ahead",
    [test("reconciler", "sqlite leaves a living process")],
    [LEASES, "monotonic()) >= leaseMs);", "monotonic()) >= 0 * leaseMs);"],
  ),
  bug(
    "a payment is sent under a lease that may be over",
    [test("reconciler", "sqlite sends nothing any more")],
    [RECONCILER, "claimedAt > this.#config.leaseMs / 2", "claimedAt > this.#config.leaseMs * 2"],
  ),
  bug(
    "a clock that is behind makes gaps old",
    [ledgerModel, test("counters", "sqlite a clock that was behind")],
    [RECONCILER, "this.#gaps.older(ageMs,", "this.#gaps.older(0 * ageMs,"],
  ),
  bug(
    "limits that were signed are not checked",
    [story("rogue-card", "whose limits were changed in its memory")],
    [DECIDE, "if (!facts.permitted)", "if (!facts.permitted && authorization.amount < 1n)"],
  ),
  bug(
    "one msat above the signed maximum passes",
    [story("rogue-card", "just above its maximum")],
    [FACTS, "max_per_transaction >=", "max_per_transaction + 1 >="],
  ),
  bug(
    "one msat above the signed credit passes",
    [story("rogue-card", "just above its credit")],
    [FACTS, "credit >=", "credit + 1 >="],
  ),
  bug(
    "one transaction more than was signed passes",
    [story("rogue-card", "just above its number of transactions")],
    [FACTS, "max_transactions >=", "max_transactions + 1 >="],
  ),
  bug(
    "one msat above the policy's limit for 24 hours passes",
    [story("rogue-terminal", "own limit for a day"), test("policy", "24 h one msat over")],
    [POLICY, "question.spent24h + amount >", "question.spent24h + amount - 1n >"],
  ),
  bug(
    "one msat below the policy's least for one payment passes",
    [test("policy", "one msat below it"), test("decide", "less than 1 sat")],
    [POLICY, "amount < policy.minPerTransaction", "amount + 1n < policy.minPerTransaction"],
  ),
  bug(
    "a card's budget of fees is not checked",
    [test("fees", "sqlite the holder of a card"), test("decide", "card's 24 hours have left"), ledgerModel],
    [DECIDE, "least(allowance, cardFeesLeft(policy, fees), ...onCard)", "least(allowance, ...onCard)"],
  ),
  bug(
    "the issuer's budget of fees is not checked",
    [test("fees", "sqlite the issuer's budget holds"), test("decide", "what the issuer has left")],
    [DECIDE, "msat(least(ofCard, feesLeft))", "msat(ofCard)"],
  ),
  bug(
    "two services each check the issuer's budget of fees alone",
    [test("fees", "hold the issuer.s budget of fees together")],
    [FEES, "(p) => `totals.fees + ", "(p) => `0 * totals.fees + "],
  ),
  bug(
    "two services each check the places alone",
    [test("fees", "hold the places for payments")],
    [FEES, "(p) => `node_totals.payments + ", "(p) => `0 * node_totals.payments + "],
  ),
  bug(
    "the fee of a payment counts only when it is settled",
    [test("fees", "sqlite counts the highest fee"), ledgerModel, systemFaults],
    [
      RECORD,
      "const { node, maxFee: amount } = decision;",
      "const { node } = decision;\n  const amount = 0n;",
    ],
  ),
  bug(
    "what a payment did not cost in fees stays counted",
    [test("fees", "sqlite counts the highest fee"), ledgerModel, systemFaults],
    [RESOLVE, "amount: reserved.maxFee - fee", "amount: fee - fee"],
  ),
  bug(
    "the fee of a payment that failed stays counted",
    [test("fees", "sqlite counts the highest fee"), ledgerModel, systemFaults],
    [RESOLVE, "decidedAt: row.decided_at, amount: row.max_fee", "decidedAt: row.decided_at, amount: 0n"],
  ),
  bug(
    "the fee that a card bears is not held while the payment is in flight",
    [test("fees", "sqlite are held while"), test("decide", "has it besides the amount"), ledgerModel],
    [DECIDE, "held: byCard ? allowed : msat(0n)", "held: byCard ? msat(0n) : msat(0n)"],
  ),
  bug(
    "a card pays more of a fee than was held for it",
    [test("fees", "sqlite never exceed what was held")],
    [RESOLVE, "(fee < reserved.held ? fee : reserved.held)", "(reserved.held > 0n ? fee : reserved.held)"],
  ),
  bug(
    "one card's payments in flight have no limit of their own",
    [
      test("in-flight", "sqlite one card whose payments hang"),
      test("decide", "as many in flight"),
      ledgerModel,
    ],
    [DECIDE, "inFlight >= maxInFlightPerCard", "inFlight > 1e9 * maxInFlightPerCard"],
  ),
  bug(
    "no places are kept for cards that have nothing in flight",
    [test("in-flight", "sqlite cards with payments in flight"), test("decide", "kept for cards")],
    [DECIDE, "Math.ceil((places * keptPlacesPercent) / 100)", "Math.ceil((0 * keptPlacesPercent) / 100)"],
  ),
  bug(
    "the HTLCs that the node's channels take are not counted",
    [test("in-flight", "sqlite no more payments are in flight")],
    ["issuer/authorizer/load.ts", "slots ?? limits.maxInFlight", "limits.maxInFlight + (slots ?? 0)"],
  ),
  bug(
    "repeats of a decided token take of the card's rate",
    [test("repeats", "sqlite a paid token, replayed")],
    [
      AUTHORIZER,
      "const isRepeat = authorization.record.isDecided || this.#inWork.has(name)",
      "const isRepeat = !authorization.record.isDecided && this.#inWork.has(name)",
    ],
  ),
  bug(
    "the repeat of a status takes of the card's rate",
    [test("repeats", "sqlite a status that is replayed")],
    [CARD_RATE, "this.#statuses.has(message)", "!this.#statuses.has(message) && now < 0"],
  ),
  bug(
    "the same statement under another signature is evidence again",
    [test("repeats", "sqlite one contradicting token")],
    [EVIDENCE, "statementOf(message).equals(statement)", "message.equals(item.message)"],
  ),
  bug(
    "evidence that is presented again blocks a card that was unblocked",
    [test("repeats", "sqlite evidence that is presented again"), ledgerModel],
    [RECORD, ' && kept !== "repeat"', ""],
  ),
  bug(
    "the window of 24 hours ends one millisecond late",
    [test("authorizer", "sqlite rolling limits")],
    [FACTS, "decided_at <=", "decided_at <"],
  ),
  bug(
    "a token for another amount than the invoice's is paid",
    [story("rogue-terminal", "that shows 10 sat")],
    ["lightning/bolt11/authorized.ts", "invoice.amount === authorization.amount ?", "invoice.amount > 0n ?"],
  ),
  bug(
    "the last counter that a card has skipped is not searched",
    [ledgerModel],
    [FACTS, "counter <= account(one).top_counter", "counter < account(one).top_counter"],
  ),
  bug(
    "a token of a gap that was released is paid",
    [story("rogue-terminal", "after its gap was released"), systemFaults],
    [DECIDE, "facts.gap.voided_at !== null", "facts.gap.voided_at === 0n"],
  ),
  bug(
    "a token whose payment failed is paid when it comes again",
    [story("rogue-terminal", "whose payment failed was refunded"), systemFaults],
    [
      AUTHORIZER,
      '      case "known":\n',
      '      case "known":\n        if (decision.known.state === "void") return await this.#pay(authorization, { maxFee: 5_000n, maxCltv: 1008, held: 0n }, recorded);\n',
    ],
  ),
  bug(
    "the same token again is neither joined nor known: it is paid again",
    [test("authorizer", "sqlite pays a token once"), systemFaults],
    [AUTHORIZER, "    if (there) return there;\n", ""],
    [
      AUTHORIZER,
      '      case "known":\n',
      '      case "known":\n        return await this.#pay(authorization, { maxFee: 5_000n, maxCltv: 1008, held: 0n }, recorded);\n',
    ],
  ),
  bug(
    "the node is asked to pay before the ledger is",
    [story("rogue-card", "cloned: the first counter"), systemFaults],
    [
      AUTHORIZER,
      "    const recorded = await this.writer.decide(authorization);\n",
      "    await this.payments.pay(authorization, { ...authorization, maxFee: 5_000n, maxCltv: 1008, timeoutMs: 2000, amount: undefined });\n    const recorded = await this.writer.decide(authorization);\n",
    ],
  ),
  bug(
    "the payment begins before its reservation is committed",
    [systemFaults],
    [
      WRITER,
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
  ),
  bug(
    "a payment that the node does not know the end of is taken for failed",
    [ledgerModel, systemFaults],
    [AUTHORIZER, '} else if (paid.state === "failed") {', "} else {"],
  ),
  bug(
    "a peer may ask as often as it likes",
    [
      receiver("of one peer are cut to its rate"),
      test("authorizer", "sqlite a peer or a card that asks too often"),
    ],
    ["lightning/api/admission.ts", 'if (!this.#rates.take(id, this.#monotonic())) return "rate";', ""],
  ),
  bug(
    "a status may be as old as it likes",
    [receiver("of another time than now"), test("counters", "sqlite a status that is old")],
    [
      "lightning/api/receiver.ts",
      'if (skew > most || -skew > most) return { event: "ignored", cause: "stale" };',
      "",
    ],
  ),
  bug(
    "a status is answered with what is left first, and the update comes when nobody waits for it",
    [test("authorizer", "sqlite gives a card that shows its status its update before"), systemFaults],
    [
      AUTHORIZER,
      `      if (pending) await reply.update(await sealUpdate(this.#ports, card, pending));
      await reply.balance(left);`,
      `      await reply.balance(left);
      if (pending) await reply.update(await sealUpdate(this.#ports, card, pending));`,
    ],
  ),
  bug(
    "the issuer tells what is left although the update before it was lost with its connection",
    [receiver("where the update before it could not be sent")],
    ["lightning/api/receiver.ts", "    if (this.#failure) return;\n", ""],
  ),
  bug(
    "a card is given the same update twice with one answer",
    [test("authorizer", "sqlite hands a pending update out before it pays, once")],
    ["issuer/authorizer/answer.ts", "pending.sequence === this.#sent", "pending.sequence < 0n"],
  ),
]);

/** In what becomes of payments whose end was not seen. */
export const RECONCILER_BUGS: readonly PlantedBug[] = bugsOf("reconciler", [
  bug(
    "the reconciler takes unknown for failed",
    [test("reconciler", "the next move"), ledgerModel, systemFaults],
    [NEXT_MOVE, '      return "wait";\n    case "failed":\n', '    case "failed":\n'],
  ),
  bug(
    "not found is final while the payment may still be sent", // What a request is about to pay is held, so that the books stay right; the next bug is without that.
    [test("reconciler", "the next move"), ledgerModel],
    [NEXT_MOVE, 'active ? "wait" : "pay"', 'active ? "wait" : "void"'],
  ),
  bug(
    "not found is final, and what a request is about to pay is not held",
    [systemFaults],
    [NEXT_MOVE, 'active ? "wait" : "pay"', 'active ? "wait" : "void"'],
    [AUTHORIZER, "this.payments.hold(authorization)", "() => {}"],
  ),
  bug(
    "the lease is not checked before the money is released",
    [test("reconciler", "sqlite who lost its lease voids nothing")],
    [RESOLVE, "  if (lease.owner !== owner) return false;\n", ""],
    [RESOLVE, "return lease.takeovers === 0n ||", "return owner !== 0n ||"],
  ),
  bug(
    "the update that releases the amount is queued in a transaction of its own",
    [test("every-commit", "after every single commit")],
    [
      RESOLVE,
      'const pending = await queueUpdate(store, tx, account, "void", now);',
      "const pending = undefined;",
    ],
    [
      WRITER,
      "return (await this.#decisions.submit(job)) as Voided;",
      `const done = (await this.#decisions.submit(job)) as Voided;
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
  ),
]);

/** In the books and what they rest on. */
export const LEDGER_BUGS: readonly PlantedBug[] = bugsOf("ledger", [
  bug(
    "a service does not bring its commits to disk",
    [test("log-sync", "syncs only what changed")],
    ["issuer/store/sqlite-background.ts", "await this.#log.sync();", ""],
  ),
  bug(
    "a service goes on after a commit that it could not bring to disk",
    [test("log-sync", "takes nothing more")],
    ["issuer/store/sqlite.ts", "this.background?.check();", ""],
  ),
  bug(
    "living payment hashes have no unique index",
    [
      test("same-invoice", "one invoice of two cards"),
      test("ledger", "sqlite the database itself refuses a payment hash twice"),
    ],
    [SCHEMA, "create unique index authorizations_payment", "create index authorizations_payment"],
  ),
  bug(
    "a payment is booked without a check of its preimage",
    [test("lying-node", "sqlite settles nothing")],
    [
      RESOLVE,
      "preimage.length === 32 && samePublicBytes(sha256(preimage), paymentHash)",
      "preimage.length === 32 && paymentHash.length === 32",
    ],
  ),
  bug(
    "the proof overlooks a booking that does not balance",
    [test("ledger", "sqlite the proof sees it when it does not hold: the lines of each booking")],
    [
      "issuer/ledger/invariants/book.ts",
      "group by card, kind, reference having sum(amount) <> 0",
      "group by card, kind, reference having sum(amount) > 1e18",
    ],
  ),
  bug(
    "SQLite goes on after it has given a transaction up",
    [test("full-disk", "takes no further statement")],
    [
      "issuer/store/sqlite.ts",
      "this.inTransaction && !this.#database.inTransaction",
      "this.inTransaction && this.#statements.size < 0",
    ],
    // The second guard against it.
    [
      "issuer/store/statement-guard.ts",
      "if (this.#failure) throw",
      "if (this.#failure && this.#running) throw",
    ],
  ),
  bug(
    "a booking does not balance",
    [ledgerModel],
    ["issuer/ledger/bookings.ts", "account: from, amount: -amount", "account: from, amount: 1n - amount"],
  ),
  bug(
    "the credit falls with a cash-out",
    [ledgerModel, systemFaults],
    [LIMITS, "  if (credit < newest.credit) credit = newest.credit;\n", ""],
  ),
  bug(
    "a reset of the PIN tries is carried on without end",
    [story("updates", "a reset of the PIN tries waits")],
    [LIMITS, "MAX_CARRIES = 4n", "MAX_CARRIES = 400n"],
  ),
  bug(
    "a payment to an offline payee is given up at its first failure",
    [{ tests: "test/issuer/guarantee.test.ts", named: "that fails is tried again until it succeeds" }],
    ["issuer/authorizer/decide.ts", "isRetried: facts.offline !== undefined", "isRetried: false"],
  ),
  bug(
    "the reconciler gives a payment to an offline payee up",
    [{ tests: "test/issuer/guarantee.test.ts", named: "that fails is tried again until it succeeds" }],
    ["issuer/reconciler/next-move.ts", '      if (isRetried) return "pay";\n', ""],
  ),
]);
