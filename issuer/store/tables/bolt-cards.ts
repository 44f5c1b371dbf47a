/** What a reading of a Bolt Card is checked against (specs/10). One row for each card of the kind `sun`. */
export interface SunCardsTable {
  card: bigint;
  /** Of the chip, 7 bytes. */
  uid: Buffer;
  /** Of its keys. A chip that is programmed again gets the next one, and is another card. */
  version: bigint;
  /** Batch key from which its keys come, 4 bytes. */
  batch: Buffer;
  /** 1 for the card that the chip is now; 0 once its keys were shown for wiping. */
  live: bigint;
  /** Highest counter read; 0: none. */
  counter: bigint;
  /** `p` and `c` of that reading, 24 bytes. */
  reading: Buffer | null;
  /** Salt, and the MAC of salt and PIN under a key of the batch: 24 bytes; null: it has no PIN. */
  pin_check: Buffer | null;
  /** PINs that were tried since the last right one. */
  pin_tries: bigint;
  /** The card whose second face it is; null for a chip of its own. */
  face_of: bigint | null;
}

/** One-time codes with which the app gets the keys for a chip. */
export interface SunCodesTable {
  /** SHA-256 of the code, 32 bytes. */
  code: Buffer;
  /** Of the card that is made with it. */
  label: string;
  policy: bigint;
  /** Batch key of its keys, 4 bytes. */
  batch: Buffer;
  /** The same, of the PIN of the card to be. */
  pin_check: Buffer | null;
  made_at: bigint;
  expires_at: bigint;
  used_at: bigint | null;
  /** The card that is made with it; in the ledger once it was used. */
  card: bigint;
}
