import { type Ceiling, type IssuerLoad, issuerFeesLeft } from "../ledger/fees.js";
import type { AuthorizerConfig } from "./config.js";
import type { World } from "./decide.js";

type Limits = World["limits"] & Pick<AuthorizerConfig, "maxFeesPer24h" | "maxFeesPer30d">;

/** Payments in flight of a node and fees of the whole issuer, counted on while a group is decided. */
export class Load {
  /** What the group may raise the totals to. */
  readonly ceiling: Ceiling;
  readonly #node: bigint;
  readonly #limits: Limits;
  readonly #byPayee: Map<string, number>;
  #inFlight: number;
  #feesLeft: bigint;

  /** @param slots payments that the node's channels take at once, where that is known */
  constructor(
    node: bigint,
    issuer: IssuerLoad,
    byPayee: ReadonlyMap<string, number>,
    limits: Limits,
    slots: number | undefined,
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
      limits: this.#limits,
    };
  }

  add(payee: string, maxFee: bigint): void {
    this.#inFlight++;
    this.#byPayee.set(payee, (this.#byPayee.get(payee) ?? 0) + 1);
    this.#feesLeft -= maxFee;
  }
}
