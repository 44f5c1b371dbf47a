import { randomBytes } from "node:crypto";
import {
  authorizationMessage,
  MESSAGE_TYPE,
  NO_LIMIT,
  seal,
  signMessage,
  statusMessage,
  updateMessage,
} from "../../apdu/index.js";
import { type Msat, msat, sat, secp256k1, u64 } from "../../common/index.js";
import type { CardCertificate, NewCard } from "../../issuer/ledger/registry.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";

export const KEY_SET_ID = Uint8Array.of(0xf0, 0, 0, 1);

/** What a token says, for tests that make false ones. */
export interface TokenFields {
  readonly counter: number;
  readonly amount: Msat;
  readonly authorizedTotal: Msat;
  readonly invoiceHash: Uint8Array;
  readonly flags: number;
  readonly updateSequence: number;
}

/**
 * The counters and the key of a card, without its limits: it signs anything on demand, so that tests reach
 * what no real card does. Made quickly, by the thousand.
 */
export class SigningCard {
  readonly cardId: Uint8Array;
  readonly secretKey: Uint8Array;
  readonly sealKey: Uint8Array;
  counter = 0;
  total = 0n as Msat;
  credit: Msat;
  sequence = 0;
  /** Certificate that it is registered with. */
  certificate: CardCertificate | undefined;

  constructor(number: number, sealKey: Uint8Array, credit: Msat = sat(20_000), cardId?: Uint8Array) {
    this.cardId = cardId ?? u64((0xca_fe00_0000_0000n << 8n) | BigInt(number));
    // Any key will do; 1 in front keeps it below the group's order.
    this.secretKey = new Uint8Array(32).fill(1);
    this.secretKey.set(u64(BigInt(number)), 24);
    this.sealKey = sealKey;
    this.credit = credit;
  }

  /** The card as personalization would register it. */
  registration(policy: unknown = {}): NewCard {
    return {
      cardId: this.cardId,
      publicKey: secp256k1.publicKey(this.secretKey, false),
      keySetId: KEY_SET_ID,
      label: `card ${Buffer.from(this.cardId).toString("hex")}`,
      credit: this.credit,
      limits: {
        maxPerTransaction: NO_LIMIT,
        pinThreshold: NO_LIMIT,
        noPinBudget: NO_LIMIT,
        maxTransactions: 0xffffffff,
      },
      policy: parsePolicy(policy),
      certificate: this.certificate,
    };
  }

  /** Authorizes as a card does: one counter on, the total up. */
  authorize(invoice: string, amount: Msat): Uint8Array {
    this.counter++;
    this.total = msat(this.total + amount);
    return this.token({ invoiceHash: invoiceHash(invoice), amount });
  }

  /** A token over these fields, the rest as the card stands; another signature and IV at each call. */
  token(fields: Partial<TokenFields> = {}, options: { secretKey?: Uint8Array } = {}): Uint8Array {
    const body = signMessage(
      authorizationMessage,
      {
        cardId: this.cardId,
        counter: this.counter,
        flags: 0,
        updateSequence: this.sequence,
        amount: sat(1),
        authorizedTotal: this.total,
        invoiceHash: new Uint8Array(32),
        ...fields,
      },
      KEY_SET_ID,
      options.secretKey ?? this.secretKey,
      { entropy: randomBytes(32) },
    );
    return seal(MESSAGE_TYPE.AUTHORIZATION, KEY_SET_ID, this.sealKey, randomBytes(16), body);
  }

  /** The card's answer to IDENTIFY. */
  status(
    challenge: Uint8Array,
    fields: Partial<{ counter: number; authorizedTotal: Msat; credit: Msat; updateSequence: number }> = {},
  ): Uint8Array {
    const body = signMessage(
      statusMessage,
      {
        cardId: this.cardId,
        counter: this.counter,
        flags: 0,
        updateSequence: this.sequence,
        credit: this.credit,
        authorizedTotal: this.total,
        challenge,
        ...fields,
      },
      KEY_SET_ID,
      this.secretKey,
      { entropy: randomBytes(32) },
    );
    return seal(MESSAGE_TYPE.STATUS, KEY_SET_ID, this.sealKey, randomBytes(16), body);
  }

  /** Takes an update as a card does: only one above its own sequence has an effect. */
  update(sealed: Uint8Array) {
    const { fields } = updateMessage.open(sealed, () => this.sealKey);
    if (fields.sequence > this.sequence) {
      this.sequence = fields.sequence;
      this.credit = fields.credit;
    }
    return fields;
  }
}
