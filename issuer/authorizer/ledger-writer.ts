import { msat } from "../../common/msat.js";
import { REASON } from "../../lightning/api/reason-codes.js";
import { type AccountRow, accountOf, lockAccounts } from "../ledger/accounts.js";
import type { Recorded } from "../ledger/decision.js";
import { type Facts, loadFacts } from "../ledger/facts.js";
import { type CountedFee, feeChanges } from "../ledger/fees.js";
import { owedChanges } from "../ledger/guarantee.js";
import { PolicyCache } from "../ledger/policies.js";
import { type ApplyTerms, type Decided, record } from "../ledger/record.js";
import {
  type AuthorizationKey,
  type Settlement,
  settle,
  type Voided,
  type VoidRight,
  voidReserved,
} from "../ledger/resolve.js";
import { StoreError } from "../store/errors.js";
import type { Tx } from "../store/types.js";
import { nodeKey } from "../store/values.js";
import type { VerifiedAuthorization } from "../verify.js";
import type { AuthorizerConfig } from "./config.js";
import { decide } from "./decide.js";
import { GroupCommit, type GroupOptions } from "./group-commit.js";
import { Load } from "./load.js";
import type { IssuerPorts } from "./ports.js";

type Job =
  | { readonly type: "decide"; readonly authorization: VerifiedAuthorization }
  | { readonly type: "settle"; readonly settlement: Settlement }
  | {
      readonly type: "void";
      readonly key: AuthorizationKey;
      readonly right: VoidRight;
      readonly reason: number;
    };
type Result = Recorded | boolean | Voided;

/** Transactions at once on a server, when those before wait for long: a dead connection holds up its own cards alone. */
const MAX_GROUPS = 3;

/** Of what all cards may owe, from when on somebody has to look. */
const NEAR_PERCENT = 80n;

/** Writes decisions and outcomes of payments to the ledger, many in one transaction. */
export class LedgerWriter {
  readonly #ports: IssuerPorts;
  readonly #config: AuthorizerConfig;
  readonly #node: bigint;
  readonly #policies = new PolicyCache();
  readonly #decisions: GroupCommit<Job, Result>;
  /** A server writes two transactions at once, a file only one: there they share theirs. */
  readonly #settlements: GroupCommit<Job, Result>;
  #feesAreShort = false;
  #guaranteeIsNear = false;

  constructor(ports: IssuerPorts, config: AuthorizerConfig) {
    this.#ports = ports;
    this.#config = config;
    this.#node = nodeKey(ports.nodeId);
    const options: GroupOptions<Job, Result> = {
      keys: keysOf,
      run: (jobs) => ports.store.write((tx) => this.#run(tx, jobs)),
      // What a rule refused is one job's fault; what the disk refused is no job's.
      retryAlone: (error) =>
        !(error instanceof StoreError) || error.code === "constraint" || error.code === "internal",
      maxBatch: config.maxBatch,
      maxGroups: ports.store.kind === "postgres" ? MAX_GROUPS : 1,
      monotonic: ports.monotonic,
    };
    this.#decisions = new GroupCommit(options);
    this.#settlements = ports.store.kind === "postgres" ? new GroupCommit(options) : this.#decisions;
  }

  /** Decides and records it. @throws StoreError */
  async decide(authorization: VerifiedAuthorization): Promise<Recorded> {
    const recorded = (await this.#decisions.submit({ type: "decide", authorization })) as Recorded;
    const { decision } = recorded;
    if (decision.kind === "reserve") {
      this.#watchFees(decision.feeShortOf === "issuer");
      if (decision.owed !== undefined) this.#watchGuarantee(decision.owed);
    }
    return recorded;
  }

  /** Tells once that the issuer's budget runs short; again after it was not. */
  #watchFees(isShort: boolean): void {
    if (isShort && !this.#feesAreShort)
      this.#ports.log.error(
        { event: "fees", alert: true },
        "the issuer's budget of routing fees is used up: only routes that it still allows are paid",
      );
    this.#feesAreShort = isShort;
  }

  /** Tells once that the guarantee is nearly used up; again after it was not. @param owed by all cards */
  #watchGuarantee(owed: bigint): void {
    const total = this.#config.offline?.guarantee?.total ?? 0n;
    const isNear = 100n * owed >= NEAR_PERCENT * total;
    if (isNear && !this.#guaranteeIsNear)
      this.#ports.log.error(
        { event: "guarantee-limit", alert: true, owed: `${owed}`, total: `${total}` },
        "cards owe nearly all that the guarantee lends: beyond it their payments are refused",
      );
    this.#guaranteeIsNear = isNear;
  }

  /** Books a payment of this process's node. @returns whether it was booked now @throws StoreError */
  settle(settlement: Omit<Settlement, "node">): Promise<boolean> {
    const job = { type: "settle", settlement: { ...settlement, node: this.#node } } as const;
    return this.#settlements.submit(job) as Promise<boolean>;
  }

  /** Gives up a payment of this process's node that failed for certain. @throws StoreError */
  async void(key: AuthorizationKey, right: Omit<VoidRight, "node">, reason: number): Promise<Voided> {
    const job = { type: "void", key, right: { ...right, node: this.#node }, reason } as const;
    return (await this.#decisions.submit(job)) as Voided;
  }

  /** Milliseconds since the oldest request that is not durable was handed in; 0 without one. */
  waitedMs(): number {
    return Math.max(this.#decisions.waitedMs(), this.#settlements.waitedMs());
  }

  /** Resolves when everything handed in is durable. */
  async idle(): Promise<void> {
    await Promise.all([this.#decisions.idle(), this.#settlements.idle()]);
  }

  async #run(tx: Tx, jobs: readonly Job[]): Promise<Result[]> {
    const now = BigInt(this.#ports.clock());
    const results = new Map<Job, Result>();
    const settlements = jobs.filter((job) => job.type === "settle").sort(byAuthorization);
    const booked = await settle(
      this.#ports.store,
      tx,
      settlements.map(({ settlement }) => settlement),
      now,
    );
    settlements.forEach((job, i) => {
      results.set(job, booked[i] ?? false);
    });
    if (settlements.length > 0) this.#ports.onStep("in-settle");
    // All accounts at once, in the order of their ids: what follows locks none that is not held.
    const cards = jobs.flatMap((job) =>
      job.type === "void" ? [job.key.card] : job.type === "decide" ? [job.authorization.card] : [],
    );
    const accounts = await lockAccounts(this.#ports.store, tx, cards);
    const voids = jobs.filter((job) => job.type === "void").sort(byAuthorization);
    const freed: CountedFee[] = [];
    let settledDebt = 0n;
    for (const job of voids) {
      const account = accountOf(accounts, job.key.card);
      const result = await voidReserved(this.#ports.store, tx, account, job, now);
      results.set(job, result);
      if (result.freed) freed.push(result.freed);
      settledDebt += result.settledDebt;
      this.#ports.onStep("in-void");
    }
    const open = jobs.filter((job) => job.type === "decide");
    const recorded = await this.#decideAll(
      tx,
      accounts,
      open.map(({ authorization }) => authorization),
      { freed, settledDebt },
      now,
    );
    open.forEach((job, i) => {
      results.set(job, recorded[i] as Recorded);
    });
    // Nothing was decided: its changes would have taken these along.
    if (open.length === 0)
      await this.#ports.store.many.changeAll(
        tx,
        ...feeChanges({ resolved: freed }),
        ...owedChanges([], settledDebt),
      );
    return jobs.map((job) => results.get(job) as Result);
  }

  async #decideAll(
    tx: Tx,
    accounts: ReadonlyMap<bigint, AccountRow>,
    authorizations: readonly VerifiedAuthorization[],
    resolved: Pick<ApplyTerms, "freed" | "settledDebt">,
    now: bigint,
  ): Promise<Recorded[]> {
    if (authorizations.length === 0) return [];
    const { store, owner, onStep, clock, htlcSlots } = this.#ports;
    const node = this.#node;
    const { offline } = this.#config;
    const isOffline = offline !== undefined;
    const loaded = await loadFacts(store, tx, this.#policies, accounts, authorizations, node, now, isOffline);
    const load = new Load(node, loaded.load, loaded.inFlightTo, this.#config, htlcSlots(), loaded.owed);
    const decided = authorizations.flatMap((authorization, i): Decided[] => {
      const facts = loaded.facts[i];
      if (!facts) return [];
      const decision = decide(authorization, facts, load.world(authorization.payee, clock()));
      if (decision.kind === "reserve")
        load.add(authorization.payee, decision.maxFee, decision.guaranteed ? authorization.amount : 0n);
      return [{ authorization: counted(authorization, facts), facts, decision }];
    });
    const recorded = await record(
      store,
      tx,
      decided,
      {
        lease: { node, owner, until: now + BigInt(this.#config.leaseMs) },
        ceiling: load.ceiling,
        ...resolved,
        maxOwed: offline?.guarantee?.total ?? 0n,
      },
      now,
    );
    if (decided.some(({ decision }) => decision.kind === "reserve")) onStep("in-reserve");
    if (decided.some(({ decision }) => decision.kind === "void")) onStep("in-refuse");
    // No two are of the same card.
    const byCard = new Map(decided.map(({ authorization }, i) => [authorization.card, recorded[i]]));
    return authorizations.map(({ card }) => byCard.get(card) ?? NO_ACCOUNT);
  }
}

/** A Bolt Card counts nothing but its readings: its running total is the ledger's. */
const counted = (one: VerifiedAuthorization, { account }: Facts): VerifiedAuthorization =>
  one.kind === "sun" ? { ...one, total: msat(account.top_total + one.amount, "total") } : one;

/** A card without an account is none. */
const NO_ACCOUNT: Recorded = {
  decision: { kind: "refuse", reason: REASON.TOKEN_NOT_ACCEPTED },
  pending: undefined,
  decidedAt: 0n,
};

type Resolving = Extract<Job, { type: "settle" | "void" }>;
const keyOf = (job: Resolving): AuthorizationKey => (job.type === "settle" ? job.settlement : job.key);

/** Rows are held in one order everywhere, so that two processes cannot wait for each other in a circle. */
function byAuthorization(one: Resolving, other: Resolving): number {
  const [a, b] = [keyOf(one), keyOf(other)];
  if (a.card !== b.card) return a.card < b.card ? -1 : 1;
  return a.counter < b.counter ? -1 : 1;
}

/** Jobs of one card, of one payment hash or of one authorization never share a transaction. */
function keysOf(job: Job): string[] {
  switch (job.type) {
    case "decide":
      return [`card ${job.authorization.card}`, `payment ${job.authorization.paymentHash.toString("hex")}`];
    case "settle":
      return [`authorization ${job.settlement.card}:${job.settlement.counter}`];
    case "void":
      return [`card ${job.key.card}`, `authorization ${job.key.card}:${job.key.counter}`];
  }
}
