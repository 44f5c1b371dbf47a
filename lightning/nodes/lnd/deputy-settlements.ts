import { status } from "@grpc/grpc-js";
import { bytesToHex } from "../../../common/index.js";
import { DeputyError, type PaidHashes, type PaidRecord } from "../../dpp/index.js";
import { NodeError } from "../errors.js";
import type { InvoiceState, SettledInvoice } from "../port.js";
import type { HtlcEvent } from "./calls.js";
import { claimsOf } from "./chain-claims.js";
import type { LndConnection, LndLog } from "./connection.js";
import { failureOf } from "./errors.js";
import { Subscription } from "./streams.js";

/** How an HTLC that was claimed has ended; `open`: not yet; `foreign`: lnd says settled, and its wallet has not got it. */
type Resolution = "settled" | "failed" | "foreign" | "open";

/**
 * What became of claims. lnd knows nothing of a deputy's invoices; it knows how each HTLC ended, on the channel or on the
 * chain, also after a restart.
 */
export class DeputySettlements {
  readonly #connection: LndConnection;
  readonly #paid: PaidHashes;
  readonly #settled: (invoice: SettledInvoice) => void;
  readonly #log: LndLog;
  /** Claims whose end is not known yet, by payment hash in hex. */
  readonly #waiting = new Map<string, PaidRecord>();
  readonly #checking = new Set<string>();
  readonly #events: Subscription<"routerrpc.Router/SubscribeHtlcEvents">;

  /** @param settled called once for each payment that is claimed for certain while this runs */
  constructor(
    connection: LndConnection,
    paid: PaidHashes,
    settled: (invoice: SettledInvoice) => void,
    log: LndLog,
  ) {
    this.#connection = connection;
    this.#paid = paid;
    this.#settled = settled;
    this.#log = log;
    this.#events = new Subscription(
      connection,
      "routerrpc.Router/SubscribeHtlcEvents",
      () => ({}),
      (event) => this.#onEvent(event),
    );
  }

  /** Waits for the end of a claim that is on record. @throws DeputyError */
  watch(paymentHash: Uint8Array): void {
    const record = this.#paid.find(paymentHash);
    if (record) this.#waiting.set(bytesToHex(paymentHash), record);
  }

  /** Asks about all claims whose end is not known. */
  check(): void {
    for (const hash of this.#waiting.keys()) this.#check(hash);
  }

  /** @returns undefined when there is no claim. @throws NodeError */
  async lookup(paymentHash: Uint8Array): Promise<InvoiceState | undefined> {
    const record = this.#find(paymentHash);
    if (!record) return undefined;
    const all = await this.#resolutions(record);
    return all.every((one) => one === "settled")
      ? { state: "settled", ...settlementOf(record) }
      : { state: "open" };
  }

  end(): void {
    this.#events.end();
  }

  #find(paymentHash: Uint8Array): PaidRecord | undefined {
    try {
      return this.#paid.find(paymentHash);
    } catch (cause) {
      if (!(cause instanceof DeputyError)) throw cause;
      throw new NodeError("storage", cause.message, { cause });
    }
  }

  #onEvent({ final_htlc_event, incoming_channel_id, incoming_htlc_id }: HtlcEvent): void {
    if (!final_htlc_event) return;
    const id = `${incoming_channel_id}:${incoming_htlc_id}`;
    for (const [hash, { htlcs }] of this.#waiting) if (htlcs.includes(id)) this.#check(hash);
  }

  #check(hash: string): void {
    const record = this.#waiting.get(hash);
    if (!record || this.#checking.has(hash)) return;
    this.#checking.add(hash);
    this.#resolutions(record)
      .then((all) => this.#conclude(hash, record, all))
      // lnd is away: the next tick asks again.
      .catch(() => {})
      .finally(() => this.#checking.delete(hash));
  }

  #conclude(hash: string, record: PaidRecord, all: readonly Resolution[]): void {
    if (all.includes("open") || !this.#waiting.delete(hash)) return;
    if (all.every((one) => one === "settled")) {
      this.#settled({ paymentHash: record.paymentHash, ...settlementOf(record) });
      return;
    }
    const lost = (end: Resolution) => record.htlcs.filter((_, i) => all[i] === end).join(", ");
    const failed = lost("failed");
    const foreign = lost("foreign");
    const reasons = [
      ...(failed ? [`lnd could not claim ${failed} in time`] : []),
      ...(foreign ? [`the closed channel of ${foreign} has an HTLC that lnd's wallet has not got`] : []),
    ];
    this.#log("error", `the payment of ${hash} is not whole: ${reasons.join(", ")}`);
  }

  #resolutions({ htlcs }: PaidRecord): Promise<Resolution[]> {
    return Promise.all(htlcs.map((id) => this.#resolution(id)));
  }

  async #resolution(id: string): Promise<Resolution> {
    const [chan_id = "", htlc_index = ""] = id.split(":");
    try {
      const { settled, offchain } = await this.#connection.call("lnrpc.Lightning/LookupHtlcResolution", {
        chan_id,
        htlc_index,
      });
      if (!settled) return "failed";
      if (offchain) return "settled";
      const claim = await claimsOf(this.#connection, chan_id);
      return claim === "ours" ? "settled" : claim;
    } catch (error) {
      if (failureOf(error)?.code === status.NOT_FOUND) return "open";
      throw error;
    }
  }
}

const settlementOf = ({ received, preimage, paidAt }: PaidRecord) => ({
  received,
  preimage,
  settledAt: paidAt,
});
