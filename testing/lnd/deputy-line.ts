import { join } from "node:path";
import { bytesToHex, type Msat, sat } from "../../common/index.js";
import {
  type DeputyInvoice,
  type DeputyProfile,
  deputyKeys,
  deriveTerminalKey,
  makeDeputyInvoice,
  PaidFile,
  type PaidHashes,
} from "../../lightning/dpp/index.js";
import { LndConnection } from "../../lightning/nodes/lnd/connection.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import type { SettledInvoice } from "../../lightning/nodes/port.js";
import { newFolder } from "../hooks.js";
import { type LndLine, startLndLine } from "./line.js";
import { DEPUTY_FLAGS } from "./lnd.js";
import { type PaymentOrder, payFrom, type SentPayment } from "./pay.js";

const MASTER = new Uint8Array(32).fill(0x21);
const DEPUTY_KEY = new Uint8Array(32).fill(0x22);
const KEY_ID = Uint8Array.of(0, 0, 0, 1);

/** Three lnd in a row of which the last one has a deputy, whose program can be ended and started again. */
export class DeputyLine {
  readonly line: LndLine;
  /** What the deputy's program has logged. */
  readonly log: string[] = [];
  readonly settled: SettledInvoice[] = [];
  readonly #record = join(newFolder(), "paid.db");
  #paid: PaidFile | undefined;
  #node: LndNode | undefined;
  #profile: DeputyProfile | undefined;

  static async start(): Promise<DeputyLine> {
    const line = new DeputyLine(await startLndLine(DEPUTY_FLAGS));
    await line.begin();
    return line;
  }

  private constructor(line: LndLine) {
    this.line = line;
  }

  get node(): LndNode {
    if (!this.#node) throw new Error("the deputy's program does not run");
    return this.#node;
  }

  get isRunning(): boolean {
    return this.#node !== undefined;
  }

  get profile(): DeputyProfile {
    if (!this.#profile) throw new Error("the deputy's program never ran");
    return this.#profile;
  }

  /** A profile with a key that no terminal in use has. */
  revokedProfile(): DeputyProfile {
    const keyId = Uint8Array.of(0, 0, 0, 9);
    return { ...this.profile, keyId, terminalKey: deriveTerminalKey(MASTER, keyId) };
  }

  /**
   * Starts the deputy's program, with the record that the last one has left.
   * @param onRecord called when a claim is durable, and not yet with lnd
   */
  async begin({ onRecord = () => {} }: { readonly onRecord?: () => void } = {}): Promise<void> {
    const file = new PaidFile(this.#record);
    this.#paid = file;
    const paid: PaidHashes = {
      find: (paymentHash) => file.find(paymentHash),
      forgetExpired: (before) => file.forgetExpired(before),
      record(claim) {
        file.record(claim);
        onRecord();
      },
    };
    this.#node = await LndNode.start({
      ...this.line.recipient.access,
      network: "bcrt",
      deputy: {
        ...{ deputyKey: DEPUTY_KEY, keys: deputyKeys(MASTER, [KEY_ID]), paid },
        log: (_, line) => this.log.push(line),
      },
    });
    this.#node.onInvoiceSettled((invoice) => this.settled.push(invoice));
    const terminalKey = deriveTerminalKey(MASTER, KEY_ID);
    this.#profile ??= await this.#node.deputyProfile({ name: "beer tap", keyId: KEY_ID, terminalKey });
  }

  /** Ends the deputy's program as a crash would: lnd hears nothing of it. */
  end(): void {
    // All of it is done at once: nothing is written to lnd after this.
    void this.#node?.close();
    this.#paid?.end();
    this.#node = undefined;
  }

  /** Opens an interceptor that answers nothing, so that lnd holds what it offers: our program, which hangs. */
  hang(): { readonly offered: readonly string[]; end(): void } {
    const connection = new LndConnection(this.line.recipient.access);
    const offered: string[] = [];
    connection.duplex("routerrpc.Router/HtlcInterceptor", {
      data: ({ payment_hash }) => offered.push(bytesToHex(payment_hash)),
      end: () => {},
    });
    return { offered, end: () => connection.close() };
  }

  sell(amount: Msat = sat(500), profile = this.profile): DeputyInvoice {
    return makeDeputyInvoice(profile, { amount, description: "beer" });
  }

  pay(invoice: string, order: PaymentOrder = {}): Promise<SentPayment> {
    return payFrom(this.line.payer, { payment_request: invoice, ...order });
  }

  async stop(): Promise<void> {
    this.end();
    await this.line.stop();
  }
}
