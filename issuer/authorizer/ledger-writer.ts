import { REASON } from "../../lightning/api/reasons.js";
import { type AccountRow, accountOf, lockAccounts } from "../ledger/accounts.js";
import { type Applied, applyVerdicts, type Verdict } from "../ledger/apply.js";
import type { Decision } from "../ledger/decision.js";
import { loadFacts } from "../ledger/facts.js";
import { type CountedFee, feeChanges } from "../ledger/fees.js";
import { PolicyCache } from "../ledger/policies.js";
import {
  type AuthorizationKey,
  type Settlement,
  settle,
  type Voided,
  type VoidRight,
  voidReserved,
} from "../ledger/resolve.js";
import { StoreError } from "../store/index.js";
import type { Tx } from "../store/types.js";
import type { AuthorizerConfig } from "./config.js";
import { decide, type Question } from "./decide.js";
import { GroupCommit, type GroupOptions } from "./group-commit.js";
import { Load } from "./load.js";
import type { IssuerPorts } from "./ports.js";

/** A decision that is durable. */
export interface Decided {
  readonly decision: Decision;
  readonly applied: Applied | undefined;
}

type Job =
  | { readonly type: "decide"; readonly question: Question }
  | { readonly type: "settle"; readonly settlement: Settlement }
  | {
      readonly type: "void";
      readonly key: AuthorizationKey;
      readonly right: VoidRight;
      readonly reason: number;
    };
type Result = Decided | boolean | Voided;

/** Transactions at once on a server, when those before wait for long: a dead connection holds up its own cards alone. */
const MAX_GROUPS = 3;

/** Writes decisions and outcomes of payments to the ledger, many in one transaction. */
export class LedgerWriter {
  readonly #ports: IssuerPorts;
  readonly #config: AuthorizerConfig;
  readonly #policies = new PolicyCache();
  readonly #decisions: GroupCommit<Job, Result>;
  /** A server writes two transactions at once, a file only one: there they share theirs. */
  readonly #settlements: GroupCommit<Job, Result>;
  #feesAreShort = false;

  constructor(ports: IssuerPorts, config: AuthorizerConfig) {
    this.#ports = ports;
    this.#config = config;
    const options: GroupOptions<Job, Result> = {
      keys: keysOf,
      run: (jobs) => ports.store.write((tx) => this.#run(tx, jobs)),
      // What a rule refused is one job's fault; what the disk refused is nobody's.
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
  async decide(question: Question): Promise<Decided> {
    const decided = (await this.#decisions.submit({ type: "decide", question })) as Decided;
    if (decided.decision.kind === "reserve") this.#watchFees(decided.decision.feeShortOf === "issuer");
    return decided;
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

  /** Books a payment that went through. @returns whether it was booked now @throws StoreError */
  async settle(settlement: Settlement): Promise<boolean> {
    return (await this.#settlements.submit({ type: "settle", settlement })) as boolean;
  }

  /** Gives up a payment that failed for certain. @throws StoreError */
  async void(key: AuthorizationKey, right: VoidRight, reason: number): Promise<Voided> {
    return (await this.#decisions.submit({ type: "void", key, right, reason })) as Voided;
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
      job.type === "void" ? [job.key.card] : job.type === "decide" ? [job.question.card] : [],
    );
    const accounts = await lockAccounts(this.#ports.store, tx, cards);
    const voids = jobs.filter((job) => job.type === "void").sort(byAuthorization);
    const freed: CountedFee[] = [];
    for (const job of voids) {
      const account = accountOf(accounts, job.key.card);
      const result = await voidReserved(this.#ports.store, tx, account, job, now);
      results.set(job, result);
      if (result.freed) freed.push(result.freed);
      this.#ports.onStep("in-void");
    }
    const questions = jobs.filter((job) => job.type === "decide");
    const decided = await this.#decideAll(
      tx,
      accounts,
      questions.map(({ question }) => question),
      freed,
      now,
    );
    questions.forEach((job, i) => {
      results.set(job, decided[i] as Decided);
    });
    // Nothing was decided: its changes would have taken these along.
    if (questions.length === 0)
      await this.#ports.store.many.changeAll(tx, ...feeChanges({ resolved: freed }));
    return jobs.map((job) => results.get(job) as Result);
  }

  async #decideAll(
    tx: Tx,
    accounts: ReadonlyMap<bigint, AccountRow>,
    questions: readonly Question[],
    freed: readonly CountedFee[],
    now: bigint,
  ): Promise<Decided[]> {
    if (questions.length === 0) return [];
    const { store, owner, onStep, clock, htlcSlots } = this.#ports;
    const loaded = await loadFacts(store, tx, this.#policies, accounts, questions, now);
    const load = new Load(loaded.load, loaded.inFlightTo, this.#config, htlcSlots());
    const verdicts: (Verdict | undefined)[] = questions.map((question, i) => {
      const known = loaded.facts[i];
      if (!known) return undefined;
      const decision = decide(question, known, load.world(question.payee, clock()));
      if (decision.kind === "reserve") load.add(question.payee, decision.maxFee);
      return { claim: question, facts: known, decision };
    });
    const given = verdicts.filter((verdict) => verdict !== undefined);
    const applied = await applyVerdicts(
      store,
      tx,
      given,
      { lease: { owner, until: now + BigInt(this.#config.leaseMs) }, ceiling: load.ceiling, freed },
      now,
    );
    if (given.some(({ decision }) => decision.kind === "reserve")) onStep("in-reserve");
    if (given.some(({ decision }) => decision.kind === "void")) onStep("in-refuse");
    const byVerdict = new Map(given.map((verdict, i) => [verdict, applied[i]]));
    return verdicts.map((verdict) => {
      // A card without an account is none.
      if (!verdict)
        return { decision: { kind: "refuse", reason: REASON.TOKEN_NOT_ACCEPTED }, applied: undefined };
      return { decision: verdict.decision, applied: byVerdict.get(verdict) };
    });
  }
}

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
      return [`card ${job.question.card}`, `payment ${job.question.paymentHash.toString("hex")}`];
    case "settle":
      return [`authorization ${job.settlement.card}:${job.settlement.counter}`];
    case "void":
      return [`card ${job.key.card}`, `authorization ${job.key.card}:${job.key.counter}`];
  }
}
