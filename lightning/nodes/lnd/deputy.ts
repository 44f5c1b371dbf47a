import { equalBytes, type Msat, msat } from "../../../common/index.js";
import { readDeputyHtlc } from "../../dpp/deputy-htlc.js";
import {
  DeputyError,
  type DeputyKeys,
  type DeputyProfile,
  DeputyRecipient,
  type HtlcAction,
  type PaidHashes,
  REFUSALS,
  recomputeModern,
} from "../../dpp/index.js";
import { encodeFailure, type FinalFailure, failureOnion, OnionError, peelOnion } from "../../onion/index.js";
import { NodeError } from "../errors.js";
import type { InvoiceState, SettledInvoice } from "../port.js";
import type { CircuitKey, HtlcDecision, InterceptedHtlc } from "./calls.js";
import type { LndConnection, LndLog, OpenDuplex } from "./connection.js";
import { DEPUTY_CHANNEL, deputyProfile } from "./deputy-profile.js";
import { DeputySettlements } from "./deputy-settlements.js";
import type { LndFacts } from "./start.js";

/** Milliseconds between looks at what has waited too long. */
const TICK_MS = 2_000;
/** Milliseconds before a lost interceptor is opened again: doubled each time that it fails without an HTLC. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** Milliseconds after which an interceptor was in force, so that its loss is news. */
const STEADY_MS = 10_000;

export interface LndDeputyOptions {
  /** Secret key of the deputy, 32 bytes: the payee of its invoices. */
  readonly deputyKey: Uint8Array;
  /** Of the terminals that are in use. */
  readonly keys: DeputyKeys;
  /** Where claims are on record before they are made. */
  readonly paid: PaidHashes;
  /** Default false. */
  readonly allowAmountless?: boolean;
  /** Unix seconds; default the system's clock. */
  readonly now?: () => number;
  readonly log?: LndLog;
}

/** An HTLC that lnd holds for us. */
interface HeldHtlc {
  readonly key: CircuitKey;
  readonly paymentHash: Uint8Array;
  /** With the payer, 32 bytes. */
  readonly sharedSecret: Uint8Array;
  readonly amount: Msat;
  /** Block height at which lnd fails it by itself. */
  readonly autoFailHeight: number;
  readonly isOnChain: boolean;
}

/**
 * True for an HTLC of a channel that is closed: it is claimed on the chain. lnd takes no other answer about it, and ends
 * the interceptor over one. Such an HTLC is offered until it expires, others fail some blocks before.
 */
const isOnChain = ({ auto_fail_height, incoming_expiry }: InterceptedHtlc): boolean =>
  auto_fail_height >= incoming_expiry;

/**
 * Takes payments to a deputy whose node does not exist (specs/07 §9) through lnd's HTLC interceptor. Every forward of
 * this lnd passes through here: what is not the deputy's is resumed at once. lnd holds the HTLCs, and offers them again
 * whenever the interceptor is opened, so that nothing of them is kept but the record of claims.
 */
export class LndDeputy {
  readonly #connection: LndConnection;
  readonly #facts: LndFacts;
  readonly #options: LndDeputyOptions;
  readonly #log: LndLog;
  readonly #recipient: DeputyRecipient;
  readonly #settlements: DeputySettlements;
  readonly #held = new Map<string, HeldHtlc>();
  readonly #timer: NodeJS.Timeout;
  #blockHeight: number;
  #interceptor: OpenDuplex<HtlcDecision> | undefined;
  #pause = FIRST_PAUSE;
  /** By the monotonic clock. */
  #openedAt = 0;
  #lastLoss: string | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #isEnded = false;

  /**
   * @param settled told of payments that are claimed for certain
   * @throws NodeError `not-ready` for an lnd that would lose what it holds
   */
  constructor(
    connection: LndConnection,
    facts: LndFacts,
    options: LndDeputyOptions,
    settled: (invoice: SettledInvoice) => void,
  ) {
    expectFlags(facts, connection.place.address);
    this.#connection = connection;
    this.#facts = facts;
    this.#options = options;
    this.#log = options.log ?? (() => {});
    this.#blockHeight = facts.blockHeight;
    const { keys, paid, allowAmountless = false, now } = options;
    this.#recipient = new DeputyRecipient({
      ...{ recompute: recomputeModern(keys), paid, allowAmountless },
      ...(now && { now }),
    });
    this.#settlements = new DeputySettlements(connection, paid, settled, this.#log);
    this.#open();
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** How an invoice of the deputy stands; undefined for one that nobody has paid, and for those of lnd itself. */
  lookup(paymentHash: Uint8Array): Promise<InvoiceState | undefined> {
    return this.#settlements.lookup(paymentHash);
  }

  /** What a terminal needs to make invoices; it holds secrets. @throws NodeError `not-connected` without a channel */
  profile(terminal: Pick<DeputyProfile, "name" | "keyId" | "terminalKey">): Promise<DeputyProfile> {
    return deputyProfile(this.#connection, this.#facts, this.#options.deputyKey, terminal);
  }

  /** Ends our part; what lnd holds stays held until the next start. */
  end(): void {
    this.#isEnded = true;
    clearInterval(this.#timer);
    clearTimeout(this.#reopening);
    this.#interceptor?.cancel();
    this.#settlements.end();
  }

  #open(): void {
    if (this.#isEnded || this.#connection.isClosed) return;
    // lnd offers again what it holds; what it has let go of meanwhile must not be counted.
    this.#held.clear();
    this.#recipient.forgetHeld();
    this.#openedAt = performance.now();
    this.#interceptor = this.#connection.duplex("routerrpc.Router/HtlcInterceptor", {
      data: (htlc) => {
        this.#pause = FIRST_PAUSE;
        this.#take(htlc);
      },
      end: (error) => this.#lost(error),
    });
  }

  #lost(error: NodeError | undefined): void {
    this.#interceptor = undefined;
    if (this.#isEnded || this.#connection.isClosed) return;
    const loss = error?.message ?? "lnd ended it";
    const wasSteady = performance.now() - this.#openedAt > STEADY_MS;
    if (wasSteady) this.#pause = FIRST_PAUSE;
    // Not once for every try while lnd is away, or another program has its interceptor.
    if (wasSteady || loss !== this.#lastLoss)
      this.#log("warn", `the interceptor of lnd is lost and will be opened again: ${loss}`);
    this.#lastLoss = loss;
    this.#reopening = setTimeout(() => this.#open(), this.#pause);
    this.#reopening.unref();
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }

  #take(offered: InterceptedHtlc): void {
    const key = offered.incoming_circuit_key;
    if (!key) return;
    // First of all: other forwards of this lnd wait for us.
    if (BigInt(offered.outgoing_requested_chan_id) !== DEPUTY_CHANNEL) {
      if (!isOnChain(offered)) this.#interceptor?.write({ incoming_circuit_key: key, action: "RESUME" });
      return;
    }
    try {
      this.#decide(key, offered);
    } catch (error) {
      if (!(error instanceof DeputyError)) throw error;
      // Nothing is decided without the record. The HTLC stays held, and is offered again.
      this.#interceptor?.cancel();
      this.#lost(new NodeError("storage", error.message, { cause: error }));
    }
  }

  /** @throws DeputyError when the record cannot be read or written */
  #decide(key: CircuitKey, offered: InterceptedHtlc): void {
    // Channel, and number within it: the same after a restart, never used again.
    const id = `${key.chan_id}:${key.htlc_id}`;
    const paymentHash = Uint8Array.from(offered.payment_hash);
    const incoming = {
      id,
      paymentHash,
      // lnd asks before it has compared what comes in with what the onion has it pass on.
      amount: msat(BigInt(offered.incoming_amount_msat)),
      cltvExpiry: Math.min(offered.incoming_expiry, offered.outgoing_expiry),
    };
    let peeled: ReturnType<typeof peelOnion>;
    try {
      peeled = peelOnion(Uint8Array.from(offered.onion_blob), this.#options.deputyKey, paymentHash);
    } catch (error) {
      if (!(error instanceof OnionError)) throw error;
      this.#log("info", `HTLC ${id} is failed: ${error.message}`);
      const failure_code = error.code.toUpperCase();
      if (!isOnChain(offered))
        this.#interceptor?.write({ incoming_circuit_key: key, action: "FAIL", failure_code });
      return;
    }
    const { amount } = incoming;
    const { sharedSecret } = peeled;
    const autoFailHeight = offered.auto_fail_height;
    this.#failLate(paymentHash);
    const isClosed = isOnChain(offered);
    this.#held.set(id, { key, paymentHash, sharedSecret, amount, autoFailHeight, isOnChain: isClosed });
    let opened: ReturnType<typeof readDeputyHtlc>;
    try {
      opened = readDeputyHtlc(peeled, incoming, this.#blockHeight);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#log("info", `HTLC ${id} is failed: ${error.message}`);
      this.#fail(id, "incorrect_or_unknown_payment_details");
      return;
    }
    this.#act(this.#recipient.receive(opened.htlc, opened.proof));
  }

  /** Fails the held parts of a payment when lnd may have let go of one of them already. */
  #failLate(paymentHash: Uint8Array): void {
    const parts = [...this.#held].filter(([, held]) => equalBytes(held.paymentHash, paymentHash));
    if (parts.every(([, { autoFailHeight }]) => this.#blockHeight + 1 < autoFailHeight)) return;
    this.#recipient.forgetHeld(paymentHash);
    for (const [id] of parts) this.#fail(id, "mpp_timeout");
  }

  #act(actions: readonly HtlcAction[]): void {
    for (const action of actions) {
      const hash = Buffer.from(action.paymentHash).toString("hex");
      if (action.action === "claim") {
        this.#log("info", `${action.received} msat for ${hash} are claimed${action.again ? " again" : ""}`);
        for (const id of action.htlcs) this.#claim(id, action.preimage);
        this.#settlements.watch(action.paymentHash);
      } else {
        this.#log("info", `a payment of ${hash} is failed: ${REFUSALS[action.reason]}`);
        for (const id of action.htlcs) this.#fail(id, action.failure);
      }
    }
  }

  #claim(id: string, preimage: Uint8Array): void {
    const held = this.#held.get(id);
    this.#held.delete(id);
    if (held) this.#interceptor?.write({ incoming_circuit_key: held.key, action: "SETTLE", preimage });
  }

  /** As the deputy, who ends the route: by code, lnd could only fail as a node on the way. */
  #fail(id: string, name: FinalFailure["name"]): void {
    const held = this.#held.get(id);
    this.#held.delete(id);
    // On the chain it goes back to the payer when it expires.
    if (!held || held.isOnChain) return;
    const failure =
      name === "mpp_timeout" ? { name } : { name, amount: held.amount, blockHeight: this.#blockHeight };
    this.#interceptor?.write({
      incoming_circuit_key: held.key,
      action: "FAIL",
      failure_message: failureOnion(held.sharedSecret, encodeFailure(failure)),
    });
  }

  async #tick(): Promise<void> {
    try {
      this.#act(this.#recipient.tick());
      this.#settlements.check();
      this.#blockHeight = (await this.#connection.call("lnrpc.Lightning/GetInfo", {})).block_height;
    } catch (error) {
      // lnd is away, or the record cannot be written: the next tick tries again.
      if (!(error instanceof DeputyError || error instanceof NodeError)) throw error;
    }
  }
}

function expectFlags({ requiresInterceptor, keepsResolutions }: LndFacts, address: string): void {
  const missing = [
    ...(requiresInterceptor ? [] : ["requireinterceptor=true"]),
    ...(keepsResolutions ? [] : ["store-final-htlc-resolutions=true"]),
  ];
  if (missing.length > 0)
    throw new NodeError(
      "not-ready",
      `lnd at ${address} would lose payments to deputies at a restart: it runs without ${missing.join(" and ")}`,
      { hint: `Add to lnd.conf below [Application Options], and restart lnd: ${missing.join(", ")}` },
    );
}
