import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reader } from "../../apdu/index.js";
import { exportBundle, takeResults } from "../../cli/offline/carrying.js";
import {
  installPack,
  makeTerminalKey,
  PackShelf,
  readTerminalKey,
} from "../../cli/offline/terminal-folder.js";
import { bytesToHex, equalBytes } from "../../common/index.js";
import { OfflineDesk, Outages, SaleStore, Terminal } from "../../host/index.js";
import { acceptedLog } from "../../host/terminal/accepted-log.js";
import { Forwarder } from "../../host/terminal/forwarder.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import {
  type DeputyKeys,
  type DeputyProfile,
  deputyInvoiceState,
  makeDeputyInvoice,
  writeDeputyProfile,
} from "../../lightning/dpp/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { withDeputies } from "../../lightning/nodes/with-deputies.js";
import type { FloorLimits } from "../../offline/pack.js";
import { SimulatedReader } from "../../simulator/index.js";
import { cuttable, islandOf } from "../../testing/offline/stall.js";
import type { SeededRandom } from "../../testing/random.js";

/** Whether a connection is there. */
export interface Line {
  isCut: boolean;
}

/** What a stall stands on: its hardware stays when its process ends. */
export interface StallGround {
  readonly name: string;
  readonly folder: string;
  /** The merchant's, behind two lines: the stall's to it, and its own to everybody else. */
  readonly node: LightningNode;
  readonly uplink: Line;
  readonly profile: DeputyProfile;
  readonly limits: FloorLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly random: SeededRandom;
  /** Told when a sale that was accepted is paid or refused. */
  readonly onEnd: (stall: string, number: number) => void;
}

const PATIENCE_MS = 5_000;

/** A stall with a terminal that loses and finds the network, and whose process may end and start again. */
export class Stall {
  readonly ground: StallGround;
  readonly line: Line = { isCut: false };
  /** The card that lies on it. */
  reader: Reader = new SimulatedReader();
  /** A card has signed here for nothing: it contradicts, or the process was killed meanwhile. */
  maySignInVain = false;
  #life: Awaited<ReturnType<Stall["open"]>> | undefined;

  constructor(ground: StallGround) {
    this.ground = ground;
    mkdirSync(ground.folder, { recursive: true });
    const profile = join(ground.folder, "deputy-profile.json");
    writeFileSync(profile, writeDeputyProfile(ground.profile));
    chmodSync(profile, 0o600);
    makeTerminalKey(ground.folder);
  }

  get name(): string {
    return this.ground.name;
  }

  /** Public key of the terminal, 33 bytes. */
  get key(): Uint8Array {
    return makeTerminalKey(this.ground.folder).publicKey;
  }

  get life() {
    if (!this.#life) throw new Error("the stall is closed");
    return this.#life;
  }

  async start(): Promise<void> {
    this.#life = await this.open();
  }

  /** Its process ends; the file of sales stays. */
  close(): void {
    this.#life?.close();
    this.#life = undefined;
  }

  private async open() {
    const { folder, profile, limits, now, uplink, random } = this.ground;
    const store = new SaleStore(join(folder, "sales.db"));
    store.observe(({ number, acceptedAt, state }) => {
      if (acceptedAt !== undefined && (state === "paid" || state === "refused"))
        this.ground.onEnd(this.name, number);
    });
    const seconds = () => Math.floor(now() / 1000);
    const keys: DeputyKeys = {
      terminalKey: (id) => (equalBytes(id, profile.keyId) ? profile.terminalKey : undefined),
    };
    const node = withDeputies(cuttable(islandOf(this.ground.node, uplink), this.line), (paymentHash) => {
      const sale = store.accepted.ofInvoice(paymentHash);
      return sale && deputyInvoiceState(keys, sale.invoice, seconds());
    });
    const outages = new Outages();
    const shelf = new PackShelf(folder, readTerminalKey(folder) ?? new Uint8Array(32));
    const from = { now: seconds, random: (length: number) => random.bytes(length) };
    const offline = new OfflineDesk({
      packs: () => shelf.packs(),
      limits,
      store,
      outages,
      now,
      deputyInvoice: (request) => makeDeputyInvoice(profile, request, from),
    });
    const sender = await openPaymentSender(node, store, { answerTimeoutMs: PATIENCE_MS, now });
    const reader: Reader = {
      name: this.name,
      waitForCard: (signal) => this.reader.waitForCard(signal),
      waitForRemoval: (signal) => this.reader.waitForRemoval(signal),
    };
    const terminal = new Terminal({ node, sender, store, reader, offline, now, offlineAfterMs: PATIENCE_MS });
    const forwarder = new Forwarder({ sender, log: acceptedLog(store), now });
    return {
      store,
      terminal,
      forwarder,
      outages,
      close() {
        sender.close();
        store.close();
      },
    };
  }

  /** What is away is looked for, as the terminal's program does. */
  probe(): void {
    const { outages, store } = this.life;
    if (this.line.isCut) return;
    outages.setOwnNode(false);
    if (!this.ground.uplink.isCut) for (const uri of outages.payers()) outages.setPayer(uri, false);
    store.accepted.dueNow(Math.floor(this.ground.now() / 1000));
  }

  /** @returns how many sales it holds */
  writeBundle(file: string): number {
    return exportBundle(this.life.store, this.ground.folder, file).sales;
  }

  takeResults(file: string): void {
    takeResults(this.life.store, this.ground.folder, file);
  }

  /** @throws PackError where it is refused */
  async install(file: string): Promise<void> {
    const now = Math.floor(this.ground.now() / 1000);
    await installPack(file, { folder: this.ground.folder, network: "bcrt", now, trust: async () => true });
  }

  /** Where files of results for it lie. */
  get keyId(): string {
    return bytesToHex(this.ground.profile.keyId);
  }
}
