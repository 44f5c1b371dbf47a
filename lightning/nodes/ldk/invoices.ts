import { randomBytes } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import * as ldk from "lightningdevkit";
import { bytesToHex, equalBytes, type Msat, msat, utf8, ValueError } from "../../../common/index.js";
import { encodeInvoice } from "../../bolt11/index.js";
import { FEATURE, featureBits } from "../../features.js";
import { NodeError } from "../errors.js";
import type { CreatedInvoice, InvoiceState, SettledInvoice } from "../port.js";
import type { DeputyDecision } from "./deputy.js";
import type { Engine } from "./engine.js";
import { inboundHops, MIN_FINAL_CLTV } from "./hints.js";
import type { InvoiceRows, StoredInvoice } from "./invoice-rows.js";
import { bytesOf, optionU64, plain, unwrap } from "./result.js";

const MAX_DESCRIPTION = 639;
const MAX_EXPIRY_SECONDS = 31_536_000;
const FEATURES = featureBits(FEATURE.varOnion, FEATURE.paymentSecret, FEATURE.basicMpp + 1);

export interface InvoicesOptions {
  readonly engine: Engine;
  readonly rows: InvoiceRows;
  /** Decides about payments to the deputy; absent: they are failed. */
  readonly deputy: DeputyDecision | undefined;
  readonly settled: (settled: SettledInvoice) => void;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** What this node asks for and takes in. */
export class Invoices {
  readonly #o: InvoicesOptions;
  readonly #nodeId: Uint8Array;
  readonly #paymentKey: ldk.ExpandedKey;

  constructor(options: InvoicesOptions) {
    this.#o = options;
    this.#nodeId = options.engine.manager.get_our_node_id();
    this.#paymentKey = options.engine.signer.get_inbound_payment_key();
  }

  /** Stages a new invoice. @throws NodeError `bad-request` */
  create(request: { amount?: Msat; description: string; expirySeconds: number }): CreatedInvoice {
    const { amount, description, expirySeconds } = request;
    if (!Number.isInteger(expirySeconds) || expirySeconds < 1 || expirySeconds > MAX_EXPIRY_SECONDS)
      throw new NodeError(
        "bad-request",
        `expirySeconds: need an integer from 1 to ${MAX_EXPIRY_SECONDS}, have ${expirySeconds}`,
      );
    const length = utf8(description).length;
    if (length > MAX_DESCRIPTION)
      throw new NodeError(
        "bad-request",
        `description: need at most ${MAX_DESCRIPTION} bytes, have ${length}`,
      );
    const { engine, rows, now } = this.#o;
    const preimage = new Uint8Array(randomBytes(32));
    const paymentHash = sha256(preimage);
    const timestamp = Math.floor(now() / 1000);
    // LDK fails a payment whose secret it did not make itself; the clock is ours, not that of the last block.
    const paymentSecret = unwrap(
      ldk.UtilMethods.constructor_create_from_hash(
        this.#paymentKey,
        optionU64(amount),
        paymentHash,
        expirySeconds,
        BigInt(timestamp),
        ldk.Option_u16Z.constructor_none(),
      ),
      ldk.Result_ThirtyTwoBytesNoneZ_OK,
      "making a payment secret",
    );
    let invoice: string;
    try {
      invoice = encodeInvoice(
        { network: "bcrt", amount, timestamp },
        {
          paymentHash,
          paymentSecret,
          description,
          expirySeconds,
          minFinalCltv: MIN_FINAL_CLTV,
          features: FEATURES,
          routeHints: inboundHops(engine).map((hop) => [hop]),
        },
        engine.keys.get_node_secret_key(),
      );
    } catch (cause) {
      if (!(cause instanceof ValueError)) throw cause;
      throw new NodeError("bad-request", cause.message, { cause });
    }
    const expiresAt = timestamp + expirySeconds;
    rows.insert({ paymentHash, preimage, text: invoice, amount, expiresAt, state: "open" });
    return { invoice, paymentHash, expiresAt };
  }

  /** Stages the cancellation; an invoice that is cancelled already stays so. @throws NodeError */
  cancel(paymentHash: Uint8Array): void {
    const invoice = this.#o.rows.get(paymentHash);
    const hash = bytesToHex(paymentHash);
    if (!invoice) throw new NodeError("not-found", `no invoice with payment hash ${hash}`);
    if (invoice.state === "settled" || invoice.state === "claiming")
      throw new NodeError("already-settled", `the invoice with payment hash ${hash} was paid`);
    if (invoice.state === "open") this.#o.rows.setState(paymentHash, "cancelled");
  }

  lookup(paymentHash: Uint8Array): InvoiceState {
    const invoice = this.#o.rows.get(paymentHash);
    if (!invoice) return { state: "not-found" };
    const { state, preimage, received, settledAt } = invoice;
    if (state === "settled" && received !== undefined && settledAt !== undefined)
      return { state, received, preimage, settledAt };
    if (state === "cancelled") return { state };
    return { state: state === "open" && this.#expired(invoice.expiresAt) ? "expired" : "open" };
  }

  /** LDK holds all HTLCs of a payment: decide, and stage the decision together with what LDK does about it. */
  onClaimable(event: ldk.Event_PaymentClaimable): void {
    const { rows, engine } = this.#o;
    const hash = event.payment_hash;
    const stored = rows.get(hash);
    const preimage = this.#claimInTime(event)
      ? stored
        ? this.#ownPreimage(stored, event)
        : this.#deputyPreimage(event)
      : undefined;
    if (!preimage) {
      engine.manager.fail_htlc_backwards(hash);
      return;
    }
    if (stored) rows.setState(hash, "claiming");
    else
      rows.insert({
        paymentHash: hash,
        preimage,
        amount: undefined,
        expiresAt: Math.floor(this.#o.now() / 1000),
        state: "claiming",
      });
    engine.manager.claim_funds(preimage);
  }

  /** LDK has claimed a payment for certain. It may say so again after a restart. */
  onClaimed(event: ldk.Event_PaymentClaimed): void {
    const { rows, now, settled } = this.#o;
    const paymentHash = event.payment_hash;
    const stored = rows.get(paymentHash);
    if (stored?.state !== "claiming") return;
    const received = msat(event.amount_msat, "received");
    const settledAt = Math.floor(now() / 1000);
    rows.settle(paymentHash, received, settledAt);
    settled({ paymentHash, preimage: stored.preimage, received, settledAt });
  }

  #expired(expiresAt: number): boolean {
    return this.#o.now() / 1000 >= expiresAt;
  }

  /** A claim is sure to succeed only before its deadline, and only without unknown even records. */
  #claimInTime(event: ldk.Event_PaymentClaimable): boolean {
    const deadline = event.claim_deadline;
    const height = this.#o.engine.manager.current_best_block().get_height();
    if (deadline instanceof ldk.Option_u32Z_Some && height >= deadline.some) return false;
    return event.onion_fields.custom_tlvs().every((record) => record.get_a() % 2n === 1n);
  }

  #ownPreimage(stored: StoredInvoice, event: ldk.Event_PaymentClaimable): Uint8Array | undefined {
    const { amount, state, expiresAt, preimage } = stored;
    if (state !== "open" || this.#expired(expiresAt)) return undefined;
    if (!equalBytes(event.receiver_node_id, this.#nodeId)) return undefined;
    if (!(event.purpose instanceof ldk.PaymentPurpose_Bolt11InvoicePayment)) return undefined;
    if (amount !== undefined && (event.amount_msat < amount || event.amount_msat > 2n * amount))
      return undefined;
    return preimage;
  }

  #deputyPreimage(event: ldk.Event_PaymentClaimable): Uint8Array | undefined {
    const { deputy } = this.#o;
    if (!deputy || equalBytes(event.receiver_node_id, this.#nodeId)) return undefined;
    if (!(event.purpose instanceof ldk.PaymentPurpose_Bolt11InvoicePayment)) return undefined;
    const preimage = deputy({
      paymentHash: event.payment_hash,
      received: msat(event.amount_msat, "received"),
      metadata: bytesOf(event.onion_fields.get_payment_metadata()),
      now: Math.floor(this.#o.now() / 1000),
    });
    return preimage && equalBytes(sha256(preimage), event.payment_hash) ? plain(preimage) : undefined;
  }
}
