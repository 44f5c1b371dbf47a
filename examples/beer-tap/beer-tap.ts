import { join } from "node:path";
import type { Msat } from "chequecard/common";
import {
  type DeputyInvoice,
  type DeputyProfile,
  makeDeputyInvoice,
  PointOfSale,
  type PreimageResult,
  SaleFile,
} from "chequecard/dpp";
import { PourRecord, type PourState } from "./pour-record.js";
import type { Valve } from "./valve.js";

/** An offer is renewed while it can still be paid for this many seconds, so that no customer is caught half-way. */
const RENEW_SECONDS = 60;

export interface BeerTapOptions {
  readonly profile: DeputyProfile;
  /** Existing folder for the sales and the record of pours. */
  readonly folder: string;
  readonly price: Msat;
  readonly valve: Valve;
}

/** An offline beer tap: it sells one beer at a time, and opens the valve once for each proof of payment. */
export class BeerTap {
  readonly #options: BeerTapOptions;
  readonly #sales: SaleFile;
  readonly #point: PointOfSale;
  readonly #record: PourRecord;

  /** @throws DeputyError when the sales cannot be opened, for instance because another tap has them open */
  constructor(options: BeerTapOptions) {
    const { profile, folder } = options;
    this.#options = options;
    this.#sales = new SaleFile(join(folder, "sales.db"));
    this.#point = new PointOfSale({
      store: this.#sales,
      makeInvoice: (request) => makeDeputyInvoice(profile, request),
    });
    this.#record = new PourRecord(join(folder, "pour.txt"));
  }

  /** The offer to show: the open one, also after a power cut, or a new one. It is durable when this returns. */
  offer(): DeputyInvoice {
    const now = Date.now() / 1000;
    const { price } = this.#options;
    const open = this.#point.openSales().filter((sale) => sale.expiresAt - now > RENEW_SECONDS);
    return (
      open.find((sale) => sale.amount === price) ?? this.#point.sell({ amount: price, description: "beer" })
    );
  }

  /** What the sale that was paid last still has coming: nothing when its beer was poured, or nothing was sold. */
  owed(): Exclude<PourState, "closed"> | undefined {
    const [last] = this.#point.closedSales(1);
    if (last?.state !== "paid") return undefined;
    const state = this.#record.stateOf(last.paymentHash);
    return state === "closed" ? undefined : state;
  }

  /**
   * Takes a proof of payment. It is durably used up before this returns; when it was accepted, {@link pour} next.
   * @param preimage 32 bytes
   */
  accept(preimage: Uint8Array): PreimageResult {
    return this.#point.accept(preimage);
  }

  /** Pours the beer of the sale that was paid last. The valve opens only after that is on the disk. */
  async pour(): Promise<void> {
    const [last] = this.#point.closedSales(1);
    if (last?.state !== "paid") return;
    this.#record.set(last.paymentHash, "opened");
    await this.#options.valve();
    this.#record.set(last.paymentHash, "closed");
  }

  /** Takes it that the beer of the last sale was poured, though the valve was not seen to close. */
  keep(): void {
    const [last] = this.#point.closedSales(1);
    if (last?.state === "paid") this.#record.set(last.paymentHash, "closed");
  }

  close(): void {
    this.#sales.end();
  }
}
