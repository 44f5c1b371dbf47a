import {
  concatBytes,
  expectLength,
  MAX_MSAT,
  type Msat,
  ParseError,
  readU64,
  requireLength,
  u64,
} from "../../common/index.js";
import type { Profile } from "../bolt11/index.js";
import {
  decodeTlvStream,
  decodeTruncated,
  encodeTlvStream,
  encodeTruncated,
  type TlvRecord,
} from "../tlv.js";

/** TLV types of a hop's payload (BOLT 4), and the draft's record on the number that BOLT 4 uses otherwise. */
const PAYLOAD_TYPE = {
  amountToForward: 2n,
  outgoingCltv: 4n,
  shortChannelId: 6n,
  paymentData: 8n,
  /** draft-819: preimage nonce (32) and invoice amount (u64). In BOLT 4 the number is `current_path_key`. */
  draftDeputy: 12n,
  paymentMetadata: 16n,
} as const;

/** The `dpp` record of draft-819 in the payload of the recipient node (specs/07 §10.2). */
export interface DeputyRecord {
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** What the invoice asks for; 0 when it leaves the amount open. */
  readonly invoiceAmount: Msat;
}

/** What a hop reads about the HTLC that it gets. */
export interface HopPayload {
  readonly amountToForward: Msat;
  /** Block height. */
  readonly outgoingCltv: number;
  /** The channel to go on; not at the destination. */
  readonly shortChannelId?: bigint;
  /** At the destination: the invoice's payment secret (32 bytes) and the total of all parts. */
  readonly paymentData?: { readonly paymentSecret: Uint8Array; readonly total: Msat };
  readonly paymentMetadata?: Uint8Array;
  readonly deputy?: DeputyRecord;
  /** Records of odd types that are not understood, in order. */
  readonly unknown?: readonly TlvRecord[];
}

/** The payload of a hop as a TLV stream without its length. @throws ValueError */
export function encodeHopPayload(payload: HopPayload): Uint8Array {
  const records: TlvRecord[] = [
    { type: PAYLOAD_TYPE.amountToForward, value: encodeTruncated(payload.amountToForward) },
    { type: PAYLOAD_TYPE.outgoingCltv, value: encodeTruncated(BigInt(payload.outgoingCltv)) },
  ];
  const { shortChannelId, paymentData, paymentMetadata, deputy } = payload;
  if (shortChannelId !== undefined)
    records.push({
      type: PAYLOAD_TYPE.shortChannelId,
      value: u64(shortChannelId, "payload/short channel id"),
    });
  if (paymentData) {
    requireLength(paymentData.paymentSecret, 32, "payload/payment secret");
    const value = concatBytes(paymentData.paymentSecret, encodeTruncated(paymentData.total));
    records.push({ type: PAYLOAD_TYPE.paymentData, value });
  }
  if (deputy) {
    requireLength(deputy.nonce, 32, "payload/dpp/nonce");
    records.push({
      type: PAYLOAD_TYPE.draftDeputy,
      value: concatBytes(deputy.nonce, u64(deputy.invoiceAmount)),
    });
  }
  if (paymentMetadata) records.push({ type: PAYLOAD_TYPE.paymentMetadata, value: paymentMetadata });
  records.push(...(payload.unknown ?? []));
  return encodeTlvStream(
    records.sort((a, b) => (a.type < b.type ? -1 : 1)),
    "payload",
  );
}

const MODERN: ReadonlySet<bigint> = new Set([
  PAYLOAD_TYPE.amountToForward,
  PAYLOAD_TYPE.outgoingCltv,
  PAYLOAD_TYPE.shortChannelId,
  PAYLOAD_TYPE.paymentData,
  PAYLOAD_TYPE.paymentMetadata,
]);
const DRAFT: ReadonlySet<bigint> = new Set([...MODERN, PAYLOAD_TYPE.draftDeputy]);

/**
 * Reads a hop's payload. Route blinding (types 10, 12 of BOLT 4, 18) is not understood and refused, like every
 * other unknown even type; type 12 is the draft's record in the profile `draft-819`.
 * @throws ParseError naming the record
 */
export function decodeHopPayload(bytes: Uint8Array, profile: Profile): HopPayload {
  const records = decodeTlvStream(bytes, "payload", profile === "modern" ? MODERN : DRAFT);
  const values = new Map(records.map(({ type, value }) => [type, value]));
  const required = (type: bigint, name: string): Uint8Array => {
    const value = values.get(type);
    if (!value) throw new ParseError(`payload/${name}`, "missing");
    return value;
  };
  const amount = required(PAYLOAD_TYPE.amountToForward, "amount to forward");
  const cltv = required(PAYLOAD_TYPE.outgoingCltv, "outgoing cltv");
  const scid = values.get(PAYLOAD_TYPE.shortChannelId);
  if (scid) expectLength(scid, 8, "payload/short channel id");
  const data = values.get(PAYLOAD_TYPE.paymentData);
  const metadata = values.get(PAYLOAD_TYPE.paymentMetadata);
  const deputy = profile === "draft-819" ? values.get(PAYLOAD_TYPE.draftDeputy) : undefined;
  const unknown = records.filter(({ type }) => type % 2n === 1n);
  return {
    amountToForward: readMsat(amount, "payload/amount to forward"),
    outgoingCltv: Number(decodeTruncated(cltv, 4, "payload/outgoing cltv")),
    ...(scid && { shortChannelId: readU64(scid) }),
    ...(data && { paymentData: readPaymentData(data) }),
    ...(metadata && { paymentMetadata: metadata }),
    ...(deputy && { deputy: readDeputyRecord(deputy) }),
    ...(unknown.length > 0 && { unknown }),
  };
}

function readMsat(bytes: Uint8Array, path: string): Msat {
  return checkMsat(decodeTruncated(bytes, 8, path), path);
}

function checkMsat(value: bigint, path: string): Msat {
  if (value > MAX_MSAT) throw new ParseError(path, `${value} msat is more than 21 million bitcoin`);
  return value as Msat;
}

function readPaymentData(bytes: Uint8Array) {
  if (bytes.length < 32)
    throw new ParseError("payload/payment data", `need at least 32 bytes, have ${bytes.length}`);
  return {
    paymentSecret: bytes.slice(0, 32),
    total: readMsat(bytes.subarray(32), "payload/payment data/total"),
  };
}

function readDeputyRecord(bytes: Uint8Array): DeputyRecord {
  expectLength(bytes, 40, "payload/dpp");
  return {
    nonce: bytes.slice(0, 32),
    invoiceAmount: checkMsat(readU64(bytes, 32), "payload/dpp/invoice amount"),
  };
}
