import { Fields, hex, integer, join, need, uint, unhex } from "./bytes.js";
import { aesDecrypt, aesEncrypt, isPoint, type Signing, sha256, sign, tagPrefix, verify } from "./crypto.js";

/** Sealed messages (specs/02). Bytes are hex, amounts msat. */
export type SealedType = "authorization" | "status" | "update" | "certificate";

export const SEALED_TYPE = { authorization: 1, status: 2, update: 3, certificate: 4 } as const;
/** 21 million bitcoin. */
export const MAX_AMOUNT = 2_100_000_000_000_000_000n;
export const NO_LIMIT = 0xffffffffffffffffn;
export const SEALED_LENGTH = 149;

export interface AuthorizationFields {
  readonly cardId: string;
  readonly counter: number;
  readonly flags: number;
  readonly updateSequence: number;
  readonly amount: bigint;
  readonly authorizedTotal: bigint;
  readonly invoiceHash: string;
}

export interface StatusFields {
  readonly cardId: string;
  readonly counter: number;
  readonly flags: number;
  readonly updateSequence: number;
  readonly credit: bigint;
  readonly authorizedTotal: bigint;
  readonly challenge: string;
}

export interface UpdateFields {
  readonly cardId: string;
  readonly sequence: number;
  readonly flags: number;
  /** 3 bytes. */
  readonly reserved: string;
  readonly credit: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
  /** 12 bytes. */
  readonly keyCheck: string;
}

export interface CertificateFields {
  readonly cardId: string;
  /** 33 bytes. */
  readonly cardPoint: string;
  readonly flags: number;
  /** Unix time. */
  readonly validUntilSeconds: number;
  readonly offlineLimit: bigint;
  /** 10 bytes. */
  readonly reserved: string;
}

export interface FieldsOf {
  readonly authorization: AuthorizationFields;
  readonly status: StatusFields;
  readonly update: UpdateFields;
  readonly certificate: CertificateFields;
}

type Layout = readonly (readonly [name: string, length: number])[];

/** Fields that are bytes, and those that are amounts; the others are numbers. */
const BYTES = ["cardId", "cardPoint", "invoiceHash", "challenge", "reserved", "keyCheck"];
const AMOUNTS = [
  "amount",
  "authorizedTotal",
  "credit",
  "maxPerTransaction",
  "pinThreshold",
  "noPinBudget",
  "offlineLimit",
];

/** specs/02 §3 */
const LAYOUT: Readonly<Record<SealedType, Layout>> = {
  authorization: [
    ["cardId", 8],
    ["counter", 4],
    ["flags", 1],
    ["updateSequence", 3],
    ["amount", 8],
    ["authorizedTotal", 8],
    ["invoiceHash", 32],
  ],
  status: [
    ["cardId", 8],
    ["counter", 4],
    ["flags", 1],
    ["updateSequence", 3],
    ["credit", 8],
    ["authorizedTotal", 8],
    ["challenge", 32],
  ],
  update: [
    ["cardId", 8],
    ["sequence", 4],
    ["flags", 1],
    ["reserved", 3],
    ["credit", 8],
    ["maxPerTransaction", 8],
    ["pinThreshold", 8],
    ["noPinBudget", 8],
    ["maxTransactions", 4],
    ["keyCheck", 12],
  ],
  certificate: [
    ["cardId", 8],
    ["cardPoint", 33],
    ["flags", 1],
    ["validUntilSeconds", 4],
    ["offlineLimit", 8],
    ["reserved", 10],
  ],
};

/** The 64 bytes of a body before its signature. */
export const writeFields = <T extends SealedType>(type: T, fields: FieldsOf[T]): Buffer =>
  join(
    ...LAYOUT[type].map(([name, length]) => {
      const value = fields[name as keyof FieldsOf[T]] as string | number | bigint;
      return BYTES.includes(name) ? unhex(value as string) : uint(value as number | bigint, length);
    }),
  );

/** The inverse of {@link writeFields}, whatever the values are. */
export function readFields<T extends SealedType>(type: T, bytes: Uint8Array): FieldsOf[T] {
  const from = new Fields(bytes);
  const entries = LAYOUT[type].map(([name, length]) => {
    const value = from.take(length, name);
    if (BYTES.includes(name)) return [name, hex(value)];
    return [name, AMOUNTS.includes(name) ? integer(value) : Number(integer(value))];
  });
  return Object.fromEntries(entries) as FieldsOf[T];
}

/** Signed by the issuer; the others are the card's. */
export const isIssuers = (type: SealedType): boolean => type === "update" || type === "certificate";

/** First 12 bytes of the SHA-256 of a card's point, hex (specs/02 §3.3). */
export const keyCheckOf = (point: Uint8Array): string => hex(sha256(point).subarray(0, 12));

/** The bytes whose SHA-256 is signed (specs/02 §2). @param fields 64 bytes */
export const signedBytes = (type: SealedType, keySetId: Uint8Array, fields: Uint8Array): Buffer =>
  join(tagPrefix(`chequecard/${type}`), uint(SEALED_TYPE[type], 1), keySetId, fields);

/** What of a rightly signed message no writer may say; undefined when nothing is wrong (specs/02 §3). */
export function rangeProblem(type: SealedType, fields: FieldsOf[SealedType]): string | undefined {
  if (type === "authorization") {
    const { counter, flags, amount, authorizedTotal } = fields as AuthorizationFields;
    if (flags > 0x01) return "flags";
    if (counter === 0) return "counter";
    if (amount === 0n || amount > MAX_AMOUNT) return "amount";
    return authorizedTotal < amount || authorizedTotal > MAX_AMOUNT ? "authorizedTotal" : undefined;
  }
  if (type === "certificate") {
    const { flags, cardPoint, offlineLimit } = fields as CertificateFields;
    if (flags > 0) return "flags";
    if (!isPoint(unhex(cardPoint))) return "cardPoint";
    return offlineLimit > MAX_AMOUNT ? "offlineLimit" : undefined;
  }
  const { flags, credit } = fields as StatusFields | UpdateFields;
  if (flags > (type === "status" ? 0x03 : 0x07)) return "flags";
  if (credit > MAX_AMOUNT) return "credit";
  return type === "status" && (fields as StatusFields).authorizedTotal > credit
    ? "authorizedTotal"
    : undefined;
}

/** Type, key set id, IV, sealed body (specs/02 §1). @param body 128 bytes */
export const frame = (
  type: number,
  keySetId: Uint8Array,
  sealKey: Uint8Array,
  iv: Uint8Array,
  body: Uint8Array,
): Buffer => join(uint(type, 1), keySetId, iv, aesEncrypt(sealKey, iv, body));

/** The 128 bytes of a body from a sealed message of 149. Opens anything to something. */
export const openBody = (message: Uint8Array, sealKey: Uint8Array): Buffer =>
  aesDecrypt(sealKey, message.subarray(5, 21), message.subarray(21));

/** Signs and seals. */
export function seal<T extends SealedType>(
  type: T,
  fields: FieldsOf[T],
  keys: { readonly keySetId: Uint8Array; readonly sealKey: Uint8Array; readonly secretKey: Uint8Array },
  iv: Uint8Array,
  signing: Signing = {},
): Buffer {
  const bytes = writeFields(type, fields);
  const signature = sign(keys.secretKey, [signedBytes(type, keys.keySetId, bytes)], signing);
  return frame(SEALED_TYPE[type], keys.keySetId, keys.sealKey, iv, join(bytes, signature));
}

/** What a reader knows; all hex. */
export interface KnownKeys {
  /** Seal key by key set id. */
  readonly sealKeys: Readonly<Record<string, string>>;
  /** Point by card id. */
  readonly cards: Readonly<Record<string, string>>;
  readonly issuerPoint: string;
}

export interface Opened<T extends SealedType> {
  readonly keySetId: string;
  readonly iv: string;
  readonly fields: FieldsOf[T];
  readonly signature: string;
  readonly body: string;
  readonly digest: string;
}

/**
 * Opens and verifies (specs/02 §5, steps 1 to 6). An unknown card is refused like a wrong signature.
 * @throws Refused `length`, `type`, `key set`, `signature`, or the field that is out of range
 */
export function open<T extends SealedType>(type: T, message: Uint8Array, known: KnownKeys): Opened<T> {
  need(message.length === SEALED_LENGTH, "length");
  need(message[0] === SEALED_TYPE[type], "type");
  const keySetId = message.subarray(1, 5);
  const sealKey = known.sealKeys[hex(keySetId)];
  need(sealKey !== undefined, "key set");
  const body = openBody(message, unhex(sealKey));
  const fields = readFields(type, body.subarray(0, 64));
  const point = isIssuers(type) ? known.issuerPoint : known.cards[fields.cardId];
  const signed = signedBytes(type, keySetId, body.subarray(0, 64));
  need(point !== undefined && verify(body.subarray(64), unhex(point), signed), "signature");
  const problem = rangeProblem(type, fields);
  need(problem === undefined, problem ?? "");
  return {
    keySetId: hex(keySetId),
    iv: hex(message.subarray(5, 21)),
    fields,
    signature: hex(body.subarray(64)),
    body: hex(body),
    digest: hex(sha256(signed)),
  };
}
