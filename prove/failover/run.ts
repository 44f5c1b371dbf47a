import { setTimeout as sleep } from "node:timers/promises";
import { sat } from "../../common/index.js";
import { activateCard, registerCard } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { audit, forgotten, lostOrders, unmatchedOf } from "../../testing/failover/audit.js";
import { Desk, untilAnswered } from "../../testing/failover/desk.js";
import { Sales } from "../../testing/failover/sales.js";
import type { ScriptedNode } from "../../testing/nodes/scripted-node.js";
import type { IssuerChild } from "../../testing/processes/issuer-child.js";
import { type Cluster, type Replication, showPosition, until } from "./cluster.js";
import { FAULTS, type FaultName } from "./faults.js";

/** What one fault came to. */
export interface FaultReport {
  readonly fault: FaultName;
  readonly replication: Replication;
  /** Leader, timeline and position of its log, before and after. */
  readonly before: string;
  readonly after: string;
  /** Longest time without a paid sale, in milliseconds. */
  readonly gapMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

const CARDS = 24;
const MERCHANTS = 6;
const CREDIT = sat(10_000_000);
/** A standby has so long to be missed. */
const STANDBY_MS = 15_000;
/** A failover may take so long on a machine that has much else to do. */
const FAILOVER_MS = 180_000;
/** Within this time every payment that the ledger forgot is in the account of unmatched ones. */
const FOUND_MS = 60_000;
/** The network to the standbys drops everything for so long before a sudden end. */
const LAG_MS = 700;

/** The services of one node before the cluster, and the desk's connection. */
export interface Parties {
  readonly cluster: Cluster;
  readonly replication: Replication;
  readonly store: Store;
  readonly node: ScriptedNode;
  readonly services: readonly IssuerChild[];
  readonly sealKey: Uint8Array;
}

/** Runs of one cluster, one after another, each with new cards. */
export class FaultRuns {
  readonly #parties: Parties;
  #serial = 1;
  #card = 1;
  #run = 0;

  constructor(parties: Parties) {
    this.#parties = parties;
  }

  /** Sells, pays in and out and closes an event while a machine fails and is mended, then audits all books. */
  async run(name: FaultName): Promise<FaultReport> {
    const { cluster, replication, store, node, services } = this.#parties;
    const fault = FAULTS[name];
    const { leader, standby, position } = await cluster.healthy();
    const at = { cluster, leader, standby };
    const cards = await this.#cards();
    const sales = new Sales(services, node, this.#serial);
    const desk = new Desk(store, `run-${++this.#run}`);
    sales.open(cards, MERCHANTS);
    desk.open(cards.slice(0, 8), cards.slice(8, 12));
    await sleep(2000);
    const standbys = cluster.machines.filter((machine) => machine !== leader);
    if (replication === "asynchronous" && fault.isSudden) {
      await Promise.all(standbys.map((machine) => machine.silence()));
      await sleep(LAG_MS);
    }
    const struckAt = performance.now();
    const closing = desk.closeEvent(cards.slice(18));
    await fault.strike(at);
    await Promise.all(
      standbys.map((machine) =>
        machine === standby && name === "standby silent" ? undefined : machine.hear(),
      ),
    );
    if (fault.replacesPrimary)
      await until(
        "another primary takes over",
        async () => ((await cluster.leader())?.position.timeline ?? 0) > position.timeline,
        FAILOVER_MS,
      );
    else await sleep(STANDBY_MS);
    const replacedAt = performance.now();
    await until(
      "sales are paid again",
      async () => sales.paid.some(({ begun }) => begun > replacedAt),
      FAILOVER_MS,
    );
    const recoveredAt = performance.now();
    await fault.mend(at);
    await sleep(3000);
    await sales.close();
    await Promise.all([closing, desk.close()]);
    this.#serial = sales.serial;
    const found = await this.#find(sales, recoveredAt);
    await this.#finish(sales);
    const whole = await cluster.healthy();
    const after = whole.position;
    const problems = await untilAnswered(() =>
      audit(store, { sales, desk, node }, replication === "asynchronous"),
    );
    problems.push(...found.problems);
    if (fault.replacesPrimary && after.timeline <= position.timeline)
      problems.push(`no change of timeline: it stayed at ${after.timeline}`);
    return {
      fault: name,
      replication,
      before: showPosition(position),
      after: showPosition(after),
      gapMs: Math.round(longestGap(sales, struckAt, recoveredAt)),
      problems,
      counts: {
        taps: sales.taps.length,
        paid: sales.taps.filter(sales.isPaid).length,
        "refused for good": sales.taps.filter(({ refused }) => refused !== undefined).length,
        "orders answered": desk.answered.size,
        "cards closed": desk.closed.length,
        "payments forgotten": found.forgotten,
        "payments found as unmatched": found.unmatched,
        "orders forgotten": await untilAnswered(() => lostOrders(store, desk)),
      },
    };
  }

  async #cards(): Promise<SigningCard[]> {
    const { store, sealKey } = this.#parties;
    const cards: SigningCard[] = [];
    for (let i = 0; i < CARDS; i++) {
      const card = new SigningCard(this.#card++, sealKey, CREDIT);
      await registerCard(store, card.registration({}), Date.now());
      await activateCard(store, card.cardId);
      cards.push(card);
    }
    return cards;
  }

  /** Every payment that the ledger forgot is found by the services themselves, in time. */
  async #find(
    sales: Sales,
    since: number,
  ): Promise<{ forgotten: number; unmatched: number; problems: string[] }> {
    const { store } = this.#parties;
    for (;;) {
      const lost = await untilAnswered(() => forgotten(store, sales));
      const unmatched = await untilAnswered(() => unmatchedOf(store, lost));
      const seconds = (performance.now() - since) / 1000;
      const counts = { forgotten: lost.length, unmatched };
      if (unmatched === lost.length) return { ...counts, problems: [] };
      if (seconds * 1000 > FOUND_MS) {
        const words = `${lost.length - unmatched} of ${lost.length} forgotten payments were not found in ${seconds.toFixed(0)} s`;
        return { ...counts, problems: [words] };
      }
      await sleep(500);
    }
  }

  /** Merchants present again what has no end, and what was forgotten; the services resolve what is open. */
  async #finish(sales: Sales): Promise<void> {
    const { store, services } = this.#parties;
    const open = async () => {
      const { n } = await store.db
        .selectFrom("leases")
        .select((e) => e.fn.countAll<bigint>().as("n"))
        .executeTakeFirstOrThrow();
      return Number(n);
    };
    await until(
      "everything is resolved",
      async () => {
        const again = [...sales.unended, ...(await untilAnswered(() => forgotten(store, sales)))];
        await Promise.all(again.map((tap, i) => sales.present(tap, i)));
        for (const service of services) await service.reconcile().catch(() => undefined);
        return (await untilAnswered(open)) === 0;
      },
      FAILOVER_MS,
    );
  }
}

function longestGap(sales: Sales, from: number, to: number): number {
  const moments = [from, ...sales.paid.map(({ at }) => at).filter((at) => at > from), to];
  moments.sort((a, b) => a - b);
  return moments.reduce((gap, at, i) => Math.max(gap, at - (moments[i - 1] ?? at)), 0);
}
