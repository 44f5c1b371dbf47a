import { type Ceiling, type IssuerLoad, issuerFeesLeft } from "../ledger/fees.js";
import type { AuthorizerConfig } from "./config.js";
import type { World } from "./world.js";

type Limits = World["limits"] & Pick<AuthorizerConfig, "maxFeesPer24h" | "maxFeesPer30d" | "offline">;

/** Payments in flight of a node and fees of the whole issuer, counted on while a group is decided. */
export class Load {
  /** What the group may raise the totals to. */
  readonly ceiling: Ceiling;
  readonly #node: bigint;
  readonly #limits: Limits;
  readonly #byPayee: Map<string, number>;
  #inFlight: number;
  #feesLeft: bigint;
  #owed: bigint;

  /**
   * @param slots payments that the node's channels take at once, where that is known; @param owed by all cards to the
   *   guarantee
   */
  constructor(
    node: bigint,
    issuer: IssuerLoad,
    byPayee: ReadonlyMap<string, number>,
    limits: Limits,
    slots: number | undefined,
    owed: bigint,
  ) {
    const { reserved_payments: reserved, resolved_payments: resolved } = issuer;
    // A node that is not in use has no place for anything.
    const maxInFlight =
      reserved === null || resolved === null ? 0 : Math.min(limits.maxInFlight, slots ?? limits.maxInFlight);
    this.#node = node;
    this.#limits = { ...limits, maxInFlight };
    this.#byPayee = new Map(byPayee);
    this.#inFlight = Number.parseInt(((reserved ?? 0n) - (resolved ?? 0n)).toString(), 10);
    this.#feesLeft = issuerFeesLeft(limits, issuer);
    this.#owed = owed;
    this.ceiling = {
      node,
      payments: (resolved ?? 0n) + BigInt(maxInFlight),
      fees: issuer.reserved_fees + this.#feesLeft,
    };
  }

  /** @param now issuer's clock, Unix milliseconds */
  world(payee: string, now: number): World {
    return {
      now,
      node: this.#node,
      inFlight: this.#inFlight,
      inFlightToPayee: this.#byPayee.get(payee) ?? 0,
      feesLeft: this.#feesLeft,
      owed: this.#owed,
      limits: this.#limits,
    };
  }

  /** @param lent by the issuer's guarantee */
  add(payee: string, maxFee: bigint, lent: bigint): void {
    this.#owed += lent;
    this.#inFlight++;
    this.#byPayee.set(payee, (this.#byPayee.get(payee) ?? 0) + 1);
    this.#feesLeft -= maxFee;
  }
}
