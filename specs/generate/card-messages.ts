import { bytes, flip } from "./card/bytes.js";
import {
  CARD,
  compressed,
  ISSUER,
  keysForFile,
  MAX_AMOUNT,
  NO_LIMIT,
  named,
  OTHER_CARD,
  OTHER_ISSUER,
  OTHER_KEY_SET,
  STRANGER,
  type VectorCard,
} from "./card/material.js";
import {
  encrypt,
  type FieldsOf,
  isIssuers,
  keyCheckOf,
  type SealedType,
  type SealedVector,
  type SealOptions,
  seal,
  writeFields,
} from "./card/sealed.js";

export const file = "card-messages.json";

const idOf = ({ cardId }: VectorCard): string => cardId.toString("hex");

interface MessageVector {
  readonly comment: string;
  readonly type: SealedType;
  readonly valid: boolean;
  /** False: read, but not what the deterministic writer makes. */
  readonly canonical?: false;
  readonly hex: string;
  readonly fields?: Record<string, unknown>;
  readonly body?: string;
  readonly digest?: string;
  readonly error?: string;
}

const AUTHORIZATION: FieldsOf["authorization"] = {
  cardId: idOf(CARD),
  counter: 1,
  flags: 0,
  updateSequence: 0,
  amount: 2_500_000n,
  authorizedTotal: 2_500_000n,
  invoiceHash: named("invoice hash").toString("hex"),
};

const STATUS: FieldsOf["status"] = {
  cardId: idOf(CARD),
  counter: 0,
  flags: 0,
  updateSequence: 0,
  credit: 50_000_000n,
  authorizedTotal: 0n,
  challenge: named("challenge").toString("hex"),
};

const UPDATE: FieldsOf["update"] = {
  cardId: idOf(CARD),
  sequence: 1,
  flags: 0,
  reserved: "000000",
  credit: 80_000_000n,
  maxPerTransaction: 25_000_000n,
  pinThreshold: 5_000_000n,
  noPinBudget: 20_000_000n,
  maxTransactions: 10_000,
  keyCheck: keyCheckOf(CARD.point),
};

const CERTIFICATE: FieldsOf["certificate"] = {
  cardId: idOf(CARD),
  cardPoint: compressed(CARD.point),
  flags: 0,
  validUntilSeconds: 1_893_455_999,
  offlineLimit: 20_000_000n,
  reserved: "00".repeat(10),
};

const DEFAULTS: FieldsOf = {
  authorization: AUTHORIZATION,
  status: STATUS,
  update: UPDATE,
  certificate: CERTIFICATE,
};

const plain = (value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

function make<T extends SealedType>(
  type: T,
  comment: string,
  fields: Partial<FieldsOf[T]>,
  options?: SealOptions,
) {
  return seal(
    type,
    writeFields(type, { ...DEFAULTS[type], ...fields }),
    named(`IV of ${type}: ${comment}`, 16),
    options,
  );
}

function good<T extends SealedType>(
  type: T,
  comment: string,
  fields: Partial<FieldsOf[T]>,
  options?: SealOptions,
): MessageVector {
  const sealed = make(type, comment, fields, options);
  const all = { ...DEFAULTS[type], ...fields };
  return {
    comment,
    type,
    valid: true,
    ...(options?.form === "high-s" || "reserved" in fields ? { canonical: false as const } : {}),
    hex: sealed.message.toString("hex"),
    fields: {
      keySetId: sealed.keySet.keySetId.toString("hex"),
      iv: sealed.iv.toString("hex"),
      ...Object.fromEntries(Object.entries(all).map(([name, value]) => [name, plain(value)])),
      signature: sealed.signature.toString("hex"),
    },
    body: sealed.body.toString("hex"),
    digest: sealed.digest.toString("hex"),
  };
}

function bad<T extends SealedType>(
  type: T,
  error: string,
  comment: string,
  change: {
    fields?: Partial<FieldsOf[T]>;
    options?: SealOptions;
    after?: (sealed: SealedVector) => Buffer;
  } = {},
): MessageVector {
  const sealed = make(type, comment, change.fields ?? {}, change.options);
  const message = change.after?.(sealed) ?? sealed.message;
  return { comment, type, valid: false, hex: message.toString("hex"), error };
}

/** What is wrong in the same way whatever the type is. */
function common(type: SealedType, other: SealedType): MessageVector[] {
  const wrongKey = isIssuers(type) ? OTHER_ISSUER : OTHER_CARD;
  const crossKey = isIssuers(type) ? CARD : ISSUER;
  return [
    bad(type, "length", "no bytes at all", { after: () => Buffer.alloc(0) }),
    bad(type, "length", "one byte short", { after: ({ message }) => message.subarray(0, 148) }),
    bad(type, "length", "one byte too many", {
      after: ({ message }) => Buffer.concat([message, bytes("00")]),
    }),
    bad(type, "type", "type 00", { after: ({ message }) => flip(message, 0, message[0]) }),
    bad(type, "type", "type 05", {
      after: ({ message }) => Buffer.concat([bytes("05"), message.subarray(1)]),
    }),
    bad(type, "type", `a well-made message of type ${other}`, {
      after: () => make(other, `in place of ${type}`, {}).message,
    }),
    bad(type, "key set", "unknown key set", {
      after: ({ message }) => Buffer.concat([message.subarray(0, 1), bytes("deadbeef"), message.subarray(5)]),
    }),
    bad(type, "signature", "key set id of another known key set: opens to noise", {
      after: ({ message }) =>
        Buffer.concat([message.subarray(0, 1), OTHER_KEY_SET.keySetId, message.subarray(5)]),
    }),
    bad(type, "signature", "signed for one key set, sealed for another", {
      after: ({ body, iv }) => resealed(type, body, iv),
    }),
    bad(type, "signature", "lowest bit of the IV flipped: one bit of the opened fields", {
      after: ({ message }) => flip(message, 20),
    }),
    bad(type, "signature", "one bit of the sealed signature flipped", {
      after: ({ message }) => flip(message, 148),
    }),
    bad(type, "signature", "signature with one bit flipped before sealing", {
      options: { form: "bit-flipped" },
    }),
    bad(type, "signature", "signed by another key of the same kind", { options: { signer: wrongKey } }),
    bad(type, "signature", "signed by a key of the other kind", { options: { signer: crossKey } }),
    bad(type, "signature", "r is 0", { options: { form: "r-zero" } }),
    bad(type, "signature", "s is 0", { options: { form: "s-zero" } }),
    bad(type, "signature", "r is the group order", { options: { form: "r-not-below-n" } }),
    bad(type, "signature", "s is the group order", { options: { form: "s-not-below-n" } }),
    bad(type, "signature", "r and s all ones", { options: { form: "all-ones" } }),
  ];
}

/** Flags that no writer sets. */
const reservedFlags = (type: SealedType, bits: readonly number[]): MessageVector[] =>
  bits.map((bit) =>
    bad(type, "flags", `reserved flag bit ${bit}, rightly signed`, { fields: { flags: 1 << bit } }),
  );

/** A body that was signed for KEY_SET, sealed for the other key set. */
function resealed(type: SealedType, body: Buffer, iv: Buffer): Buffer {
  const right = seal(type, body.subarray(0, 64), iv, { keySet: OTHER_KEY_SET });
  return Buffer.concat([right.message.subarray(0, 21), encrypt(OTHER_KEY_SET.sealKey, iv, body)]);
}

export function generate(): unknown {
  const high = { form: "high-s" } as const;
  return {
    title: "Sealed messages of cards and issuers",
    spec: "specs/02",
    keys: keysForFile,
    vectors: [
      good("authorization", "first authorization of a card", {}),
      good("authorization", "the same fields under another IV", {}),
      good("authorization", "the same fields with a high s", {}, high),
      good("authorization", "PIN verified, an update acknowledged", {
        counter: 7,
        flags: 1,
        updateSequence: 3,
        authorizedTotal: 9_000_001n,
      }),
      good("authorization", "smallest amount", { amount: 1n, authorizedTotal: 1n }),
      good("authorization", "greatest values", {
        counter: 0xffffffff,
        flags: 1,
        updateSequence: 0xffffff,
        amount: MAX_AMOUNT,
        authorizedTotal: MAX_AMOUNT,
        invoiceHash: "ff".repeat(32),
      }),
      good("authorization", "invoice hash of zeros", { invoiceHash: "00".repeat(32) }),
      good(
        "authorization",
        "another card of another key set",
        { cardId: idOf(OTHER_CARD) },
        {
          keySet: OTHER_KEY_SET,
          signer: OTHER_CARD,
        },
      ),
      ...common("authorization", "status"),
      bad("authorization", "signature", "an unknown card, rightly signed by its own key", {
        fields: { cardId: "2122232425262728" },
        options: { signer: STRANGER },
      }),
      bad("authorization", "flags", "unknown flag bit 1, rightly signed", { fields: { flags: 2 } }),
      ...reservedFlags("authorization", [2, 3, 4, 5, 6]),
      bad("authorization", "flags", "unknown flag bit 7, rightly signed", { fields: { flags: 0x81 } }),
      bad("authorization", "amount", "amount 0, rightly signed", { fields: { amount: 0n } }),
      bad("authorization", "amount", "amount above 21 million bitcoin, rightly signed", {
        fields: { amount: MAX_AMOUNT + 1n, authorizedTotal: MAX_AMOUNT },
      }),
      bad("authorization", "authorizedTotal", "total above 21 million bitcoin, rightly signed", {
        fields: { authorizedTotal: MAX_AMOUNT + 1n },
      }),
      bad("authorization", "authorizedTotal", "total below the amount, rightly signed", {
        fields: { authorizedTotal: 2_499_999n },
      }),
      bad("authorization", "counter", "counter 0, rightly signed", { fields: { counter: 0 } }),
      bad("authorization", "signature", "signed by a card with another card's id", {
        fields: { cardId: idOf(OTHER_CARD) },
      }),

      good("status", "new card", {}),
      good("status", "used card with a high s", { counter: 12, authorizedTotal: 49_999_999n }, high),
      good("status", "PIN tries used up", { flags: 1, counter: 3, authorizedTotal: 3n }),
      good("status", "blocked", { flags: 2, updateSequence: 0x010203 }),
      good("status", "blocked, PIN tries used up, greatest values", {
        counter: 0xffffffff,
        flags: 3,
        updateSequence: 0xffffff,
        credit: MAX_AMOUNT,
        authorizedTotal: MAX_AMOUNT,
        challenge: "ff".repeat(32),
      }),
      good("status", "challenge of zeros", { challenge: "00".repeat(32) }),
      ...common("status", "authorization"),
      bad("status", "signature", "an unknown card, rightly signed by its own key", {
        fields: { cardId: "2122232425262728" },
        options: { signer: STRANGER },
      }),
      bad("status", "flags", "unknown flag bit 2, rightly signed", { fields: { flags: 4 } }),
      ...reservedFlags("status", [3, 4, 5, 6, 7]),
      good("status", "as much authorized as credit", { counter: 1, authorizedTotal: 50_000_000n }),
      bad("status", "credit", "credit above 21 million bitcoin, rightly signed", {
        fields: { credit: MAX_AMOUNT + 1n },
      }),
      bad("status", "authorizedTotal", "more authorized than credit, rightly signed", {
        fields: { counter: 1, authorizedTotal: 50_000_001n },
      }),

      good("update", "first update", {}),
      good("update", "the same fields with a high s", {}, high),
      good("update", "block", { sequence: 2, flags: 1 }),
      good("update", "reset PIN tries and no-PIN spent", { sequence: 3, flags: 6 }),
      good("update", "no limits at all", {
        sequence: 4,
        credit: MAX_AMOUNT,
        maxPerTransaction: NO_LIMIT,
        pinThreshold: NO_LIMIT,
        noPinBudget: NO_LIMIT,
        maxTransactions: 0xffffffff,
      }),
      good("update", "all limits zero", {
        sequence: 0xffffffff,
        flags: 7,
        credit: 0n,
        maxPerTransaction: 0n,
        pinThreshold: 0n,
        noPinBudget: 0n,
        maxTransactions: 0,
      }),
      good("update", "reserved bytes not zero: ignored by the reader", { reserved: "010203" }),
      good(
        "update",
        "for another card of another key set",
        {
          cardId: idOf(OTHER_CARD),
          keyCheck: keyCheckOf(OTHER_CARD.point),
        },
        { keySet: OTHER_KEY_SET },
      ),
      ...common("update", "status"),
      bad("update", "flags", "unknown flag bit 3, rightly signed", { fields: { flags: 8 } }),
      ...reservedFlags("update", [4, 5, 6]),
      bad("update", "flags", "unknown flag bit 7, rightly signed", { fields: { flags: 0x80 } }),
      bad("update", "credit", "credit above 21 million bitcoin, rightly signed", {
        fields: { credit: MAX_AMOUNT + 1n },
      }),

      good("certificate", "of a card", {}),
      good("certificate", "the same fields under another IV", {}),
      good("certificate", "the same fields with a high s", {}, high),
      good("certificate", "nothing is accepted offline", { offlineLimit: 0n }),
      good("certificate", "greatest values", { validUntilSeconds: 0xffffffff, offlineLimit: MAX_AMOUNT }),
      good("certificate", "ended with the first second of 1970", { validUntilSeconds: 0 }),
      good("certificate", "reserved bytes not zero: ignored by the reader", {
        reserved: "0102030405060708090a",
      }),
      good(
        "certificate",
        "another card of another key set",
        { cardId: idOf(OTHER_CARD), cardPoint: compressed(OTHER_CARD.point) },
        { keySet: OTHER_KEY_SET },
      ),
      ...common("certificate", "update"),
      bad("certificate", "flags", "unknown flag bit 0, rightly signed", { fields: { flags: 1 } }),
      ...reservedFlags("certificate", [1, 2, 3, 4, 5, 6]),
      bad("certificate", "flags", "unknown flag bit 7, rightly signed", { fields: { flags: 0x80 } }),
      bad("certificate", "cardPoint", "card point of zeros, rightly signed", {
        fields: { cardPoint: "00".repeat(33) },
      }),
      bad("certificate", "cardPoint", "card point that begins with 04, rightly signed", {
        fields: { cardPoint: `04${CERTIFICATE.cardPoint.slice(2)}` },
      }),
      bad("certificate", "cardPoint", "card point in a hybrid form, rightly signed", {
        fields: { cardPoint: `06${CERTIFICATE.cardPoint.slice(2)}` },
      }),
      bad("certificate", "cardPoint", "card point that is not on the curve, rightly signed", {
        fields: { cardPoint: `02${"00".repeat(31)}05` },
      }),
      bad("certificate", "offlineLimit", "offline limit above 21 million bitcoin, rightly signed", {
        fields: { offlineLimit: MAX_AMOUNT + 1n },
      }),
    ],
  };
}
