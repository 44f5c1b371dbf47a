/** Keys of a card's second face, a Bolt Card (specs/10 §3). */
export interface FaceKeys {
  /** Batch key that they come from, 4 bytes. */
  readonly batch: Uint8Array;
  /** K1, 16 bytes. */
  readonly piccKey: Uint8Array;
  /** K2, 16 bytes. */
  readonly macKey: Uint8Array;
}

/** A second face as it stands before its data are on the card. */
export interface PendingFace {
  /** Its id in the ledger, 8 bytes, never used before. */
  readonly cardId: Uint8Array;
  /** 7 random bytes: nothing of the chip's. */
  readonly uid: Uint8Array;
  /** 4 bytes. */
  readonly batch: Uint8Array;
  /** Card whose second face it is, 8 bytes. */
  readonly faceOf: Uint8Array;
  readonly label: string;
  /** As it stands in the profile; the registry judges it. */
  readonly policy: unknown;
}

/** What a face said when it was read back. */
export interface FaceReading {
  /** 1..2^24-1. */
  readonly counter: number;
  /** 16 bytes. */
  readonly p: Uint8Array;
  /** 8 bytes. */
  readonly c: Uint8Array;
}

/**
 * Where the issuer's service keeps second faces, and whence their keys come. Every method is durable when it resolves and may
 * be repeated; failures of its own are those of the card registry.
 */
export interface FaceRegistry {
  /** Judges a profile's policy for faces before any card is touched. @throws ParseError */
  checkPolicy(policy: unknown): void;
  /** @throws KeyError when there is no batch key */
  keysOf(uid: Uint8Array): Promise<FaceKeys>;
  /** Enters a face as `pending`. @throws PersonalizationError `registry` when the id or the identity is another's */
  register(face: PendingFace): Promise<void>;
  /** Puts it into use; the reading is never paid for. @throws PersonalizationError `registry` */
  activate(cardId: Uint8Array, reading: FaceReading): Promise<void>;
}
