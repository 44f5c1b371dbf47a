import type { Msat } from "../common/msat.js";
import type { CardLimits } from "./card-data.js";

/**
 * How the responses of a card must be protected while it is written. `mac-only`: with a MAC, and never encrypted, for
 * cards whose encryption of responses is broken.
 */
export type ResponseProtection = "as-offered" | "mac" | "mac-only" | "encrypted";

/** What the certificate of each card says, but for the card. */
export type OfflineTerms = {
  /** Most for one authorization, at least 1 msat. */
  readonly limit: Msat;
} & (
  | {
      /** Unix time: the last second of a day, UTC. */
      readonly validUntilSeconds: number;
    }
  | {
      /** From the second in which the card is made; 1 to 3650. */
      readonly validForDays: number;
    }
);

/** What a profile says of the second face of its cards (specs/10 §8.5). */
export interface FaceTerms {
  /** All of the address that stands before the value of p. */
  readonly base: string;
  /** What its account may be used for, `maxBalance` among it; the registry judges it. */
  readonly policy: Readonly<Record<string, unknown>>;
}

/** A profile, ready to be used. */
export interface Profile {
  readonly name: string;
  readonly nodeUri: string;
  readonly keySet: string | undefined;
  readonly credit: Msat;
  readonly limits: CardLimits;
  /** Digits of a random PIN; undefined: cards without a PIN. */
  readonly pinLength: number | undefined;
  /** CAPABILITY bits 1..3. */
  readonly publish: number;
  readonly cardKeys: {
    readonly version: number;
    readonly rotateTo: number | undefined;
    /** Undefined: whatever the card offers. */
    readonly responses?: Exclude<ResponseProtection, "as-offered">;
  };
  /** What terminals without a connection may accept (specs/09 §2); absent: nothing, and the cards get no certificate. */
  readonly offline?: OfflineTerms;
  /** Where the pages of its cards are, ending with `/` (specs/04 §11.1); absent: the cards get no page. */
  readonly cardPage?: string;
  readonly policy: unknown;
  /** Absent: the cards have no second face. */
  readonly boltCard?: FaceTerms;
}

/** Whether cards of a profile get a letter: for their PIN, or the code of their page. */
export const hasLetters = ({ pinLength, cardPage }: Profile): boolean =>
  pinLength !== undefined || cardPage !== undefined;
