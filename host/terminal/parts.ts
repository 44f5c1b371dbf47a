import type { Reader } from "../../apdu/reader.js";
import type { Msat } from "../../common/msat.js";
import type { PaymentSender } from "../../lightning/api/sender.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { ServerRules } from "../bolt-card/server.js";
import type { TraceLine } from "../trace.js";
import type { SoldCart } from "./cart.js";
import type { OfflineDesk } from "./offline-desk.js";
import type { CancelReason, Sale } from "./sale.js";
import type { SaleStore } from "./sale-store.js";

/** What happens during a sale, for a screen. Every sentence comes ready to show. */
export interface SaleDisplay {
  /** The invoice exists and is durable: show its QR code, ask for the card. */
  onOpen?(sale: Sale): void;
  /** A card answered: it is being read. */
  onCard?(): void;
  /**
   * The card, the reader or the payer said no, or not yet; the sale goes on.
   * @param why torn: the card was taken away too early; refused: another card may pay
   */
  onNotice?(sentence: string, why?: "torn" | "refused"): void;
  /** A step was done, with its duration in milliseconds. */
  onStep?(step: SaleStep, milliseconds: number): void;
  /** The sale is paid, and this is left for the card, says its issuer: for the receipt. */
  onLeft?(left: Msat): void;
  /** @param signal aborts when the sale ends without it @returns undefined to give up the PIN */
  askPin?(
    retry: { readonly triesLeft: number } | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined>;
  trace?(line: TraceLine): void;
}

/** Steps of a sale in order. `update`: a pending update was given to the card in the same tap. */
export type SaleStep = "invoice" | "tap" | "payment" | "update";

export interface ChargeRequest {
  readonly amount: Msat;
  readonly description: string;
  readonly fiat?: string | undefined;
  /** For the receipt. */
  readonly cart?: SoldCart | undefined;
  /** Default 600. */
  readonly expirySeconds?: number | undefined;
  /** Of a client's request; a sale was not yet created under it. */
  readonly requestKey?: string | undefined;
}

export interface TerminalParts {
  readonly node: LightningNode;
  /** Opened with `store` as its log. */
  readonly sender: PaymentSender;
  readonly store: SaleStore;
  readonly reader: Reader;
  /** Unix milliseconds; default the system's clock. */
  readonly now?: () => number;
  /** Pause before a payer that could not be reached, or did not answer, is asked again. Default 2,000. */
  readonly retryPauseMs?: number;
  /** Accepts cards while there is no connection; absent: none is accepted. */
  readonly offline?: OfflineDesk;
  /** How the servers of Bolt Cards are asked; absent: none is taken. */
  readonly boltCards?: ServerRules | undefined;
  /** How long a sale waits for a payer before a card that may be accepted offline is, in milliseconds. Default 8,000. */
  readonly offlineAfterMs?: number;
}

/** The node is taking the money in: that it arrived is known at once, or after its next connection, in milliseconds. */
export const CLAIM_MS = 10_000;

/** What becomes of a sale, for those who take cards and ask payers for it. */
export interface SaleEnds {
  /** Unix milliseconds. */
  now(): number;
  /** Books a sale whose invoice is settled at the own node. @returns whether it is */
  settledBefore(sale: Sale): Promise<boolean>;
  cancel(number: number, reason: CancelReason, reasonCode?: number): Promise<Sale>;
  /** The sale could not be kept as accepted: nobody is asked for it any more. */
  notAccepted(number: number): void;
}
