import { type Ceiling, type IssuerLoad, issuerFeesLeft } from "../ledger/fees.js";
import type { AuthorizerConfig } from "./config.js";
import type { World } from "./decide.js";

type Limits = World["limits"] & Pick<AuthorizerConfig, "maxFeesPer24h" | "maxFeesPer30d">;

/** Payments in flight and fees of the whole issuer, counted on while a group is decided. */
export class Load {
  /** What the group may raise the totals to. */
  readonly ceiling: Ceiling;
  readonly #limits: Limits;
  readonly #byPayee: Map<string, number>;
  #inFlight: number;
  #feesLeft: bigint;

  /** @param slots payments that the node's channels take at once, where that is known */
  constructor(
    issuer: IssuerLoad,
    byPayee: ReadonlyMap<string, number>,
    limits: Limits,
    slots: number | undefined,
  ) {
    const maxInFlight = Math.min(limits.maxInFlight, slots ?? limits.maxInFlight);
    this.#limits = { ...limits, maxInFlight };
    this.#byPayee = new Map(byPayee);
    this.#inFlight = Number.parseInt((issuer.reserved_payments - issuer.resolved_payments).toString(), 10);
    this.#feesLeft = issuerFeesLeft(limits, issuer);
    this.ceiling = {
      payments: issuer.resolved_payments + BigInt(maxInFlight),
      fees: issuer.reserved_fees + this.#feesLeft,
    };
  }

  /** @param now issuer's clock, Unix milliseconds */
  world(payee: string, now: number): World {
    return {
      now,
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
