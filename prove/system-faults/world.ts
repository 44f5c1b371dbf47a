import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "../../common/index.js";
import type { Store } from "../../issuer/store/index.js";
import { PEER_MESSAGE } from "../../lightning/api/index.js";
import { issueCard } from "../../testing/issuer/issue-card.js";
import { FakeNetwork, type FakeNode } from "../../testing/nodes/fake-node.js";
import { SeededRandom } from "../../testing/random.js";
import { FieldCard, KEY_SET_ID, NotingReader } from "./cards.js";
import { Faults } from "./faults.js";
import { IssuerProcess, type Location } from "./issuer-process.js";
import { faultyLines, type Surroundings } from "./lines.js";
import { TerminalProcess } from "./terminal-process.js";
import type { VirtualTime } from "./virtual-time.js";

/** 2027-01-15 08:00:00 UTC. */
const START = 1_800_000_000_000;
const CARDS = 4;
/** Routing fees that a card may cost, in msat: little, so that a festival uses it up. */
export const CARD_FEES = { day: 30_000n, month: 90_000n };
const TERMINALS = 3;
const DAY_MS = 24 * 3_600_000;
/** What a second machine's clock is ahead. */
const SKEW_MS = 3_700;

/** A ledger on a database server. */
export interface ServerLedger {
  /** Of an empty database. */
  readonly url: string;
  /** Issuer's services that work on it at once. */
  readonly services: 1 | 2;
  /** Has the server fail statements while faults are on. */
  readonly trouble: (faults: Faults, time: VirtualTime) => void;
  /** What the services did on the wire that they must never do. */
  readonly breaches: readonly string[];
}

/** A clock that people, or a battery, set wrong. */
export class MachineClock {
  /** Milliseconds that it is set wrong. */
  offset = 0;
  readonly #time: VirtualTime;
  readonly #skew: number;

  /** @param skew milliseconds that it is always ahead of other clocks */
  constructor(time: VirtualTime, skew = 0) {
    this.#time = time;
    this.#skew = skew;
  }

  readonly read = (): number => START + this.#time.now + this.#skew + this.offset;
}

/** A machine on which the issuer's service runs, and the process that comes and goes. */
export class Station {
  readonly clock: MachineClock;
  process: IssuerProcess | undefined;

  constructor(clock: MachineClock) {
    this.clock = clock;
  }

  /** @throws Error before it was started */
  get issuer(): IssuerProcess {
    if (!this.process) throw new Error("the issuer was not started");
    return this.process;
  }
}

/** A place where a merchant sells: hardware that stays, and the process that comes and goes. */
export class Counter {
  readonly reader = new NotingReader();
  readonly clock: MachineClock;
  readonly name: string;
  process: TerminalProcess | undefined;
  generation = 0;

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.clock = new MachineClock(time);
  }
}

/** A festival: cards, terminals at a merchant's node, and the issuer's service at a payer's. */
export class World implements Surroundings {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly merchant: FakeNode;
  readonly payer: FakeNode;
  /** Payments that the merchant keeps pending, by hash, until a moment of the simulated time. */
  readonly holding = new Map<string, number>();
  readonly merchantClock: MachineClock;
  /** Of the payer's node and the issuer's first service: they stand side by side. */
  readonly payerClock: MachineClock;
  /** Where the issuer's services run, all on one ledger. */
  readonly stations: readonly Station[];
  readonly cards: readonly FieldCard[];
  readonly counters: readonly Counter[];
  /** Every different request that ever left the merchant's node, by its hex, to be sent again late. */
  readonly requests = new Map<string, Uint8Array>();
  /** Paid in, as the issuer's people know it: confirmed, and confirmed or not. */
  readonly topUps = { sure: 0n, atMost: 0n };
  /** Every order to pay a card out: what was handed out, undefined where it is unknown. */
  readonly payOuts: (bigint | undefined)[] = [];
  /** What the service itself called a fault of its own, or of a card. */
  readonly complaints: string[] = [];
  /** Payment hashes of reservations that the ledger forgot after their payment was sent. */
  readonly forgotten = new Set<string>();
  readonly #closing: (() => unknown)[] = [];
  readonly #directory: string;
  readonly #location: Location;
  #generation = 0;

  /** @param ledger where it is and how many services work on it; without it one, on SQLite */
  constructor(
    seed: number,
    time: VirtualTime,
    directory: string,
    ledger: ServerLedger | undefined,
    count: (what: string) => void,
  ) {
    this.time = time;
    this.random = new SeededRandom(seed);
    this.faults = new Faults(new SeededRandom(seed ^ 0x5eed), count);
    ledger?.trouble(this.faults, time);
    const network = new FakeNetwork(faultyLines(this, this.holding));
    this.merchantClock = new MachineClock(time);
    this.payerClock = new MachineClock(time);
    this.stations = [
      new Station(this.payerClock),
      ...(ledger?.services === 2 ? [new Station(new MachineClock(time, SKEW_MS))] : []),
    ];
    this.merchant = network.node("merchant", this.merchantClock.read);
    this.payer = network.node("payer", this.payerClock.read);
    this.merchant.onSend = ({ type, payload }) => {
      if (type === PEER_MESSAGE.INITIATE_PAYMENT) this.requests.set(bytesToHex(payload), payload);
      return "deliver";
    };
    this.cards = Array.from(
      { length: CARDS },
      (_, i) => new FieldCard(i + 1, this.random.u32(), this.payer.nodeId),
    );
    this.counters = Array.from({ length: TERMINALS }, (_, i) => new Counter(`till-${i + 1}`, time));
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    this.#location = ledger
      ? { kind: "postgres", url: ledger.url }
      : { kind: "sqlite", path: (generation) => join(directory, `ledger-${generation}.db`) };
  }

  get issuers(): readonly IssuerProcess[] {
    return this.stations.map(({ issuer }) => issuer);
  }

  /** One that runs, while any does. */
  get issuer(): IssuerProcess {
    const [first, second] = this.stations;
    return first?.process?.life.isOver && second?.process ? second.process : (first as Station).issuer;
  }

  /** Of every machine. */
  get clocks(): readonly MachineClock[] {
    const machines = [...this.stations, ...this.counters];
    return [this.merchantClock, ...machines.map(({ clock }) => clock)];
  }

  get store(): Store {
    return this.issuer.store;
  }

  /** Starts everything, in peace. */
  async open(): Promise<void> {
    this.faults.on = false;
    for (const station of this.stations) await this.startIssuer(station);
    await this.issuer.reconciler.run();
    for (const { cardId, publicKey, limits, bearsFees } of this.cards) {
      const policy = {
        maxFeesPer24h: `${CARD_FEES.day}msat`,
        maxFeesPer30d: `${CARD_FEES.month}msat`,
        feesBorneBy: bearsFees ? "card" : "issuer",
      };
      const card = { cardId, publicKey, keySetId: KEY_SET_ID, limits, policy };
      await issueCard(this.store, card, this.payerClock.read());
    }
    // The service has run for a while: clocks that are set back do not go before its beginning.
    await this.store.write(async (tx) => {
      await tx
        .updateTable("nodes")
        .set({ payments_since: BigInt(START - 3 * DAY_MS) })
        .execute();
    });
    for (const counter of this.counters) await this.startTerminal(counter);
    this.faults.on = true;
  }

  /** A service's next life. */
  async startIssuer(station: Station): Promise<void> {
    const { payer: node } = this;
    const complain = (words: string) => void this.complaints.push(words);
    const isAlone = this.stations.length === 1;
    const host = {
      around: this,
      node,
      location: this.#location,
      forgotten: this.forgotten,
      clock: station.clock.read,
      isAlone,
      complain,
    };
    const issuer = await IssuerProcess.open(host, this.#generation++);
    station.process = issuer;
    this.#closing.push(() => issuer.close());
  }

  /** A terminal's next life. */
  async startTerminal(counter: Counter): Promise<TerminalProcess> {
    const process = await TerminalProcess.open(
      {
        around: this,
        node: this.merchant,
        reader: counter.reader,
        path: (generation) => join(this.#directory, `${counter.name}-${generation}.db`),
        clock: counter.clock.read,
      },
      counter.generation++,
    );
    counter.process = process;
    this.#closing.push(() => process.close());
    return process;
  }

  async close(): Promise<void> {
    for (const end of this.#closing.splice(0).reverse()) await end();
  }
}
