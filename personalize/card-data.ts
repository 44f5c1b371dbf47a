import { type DataGroup, DGI, encodeGroups, encodePinBlock, NO_LIMIT } from "../apdu/index.js";
import { concatBytes, type Msat, u8, u32, u64, ValueError } from "../common/index.js";

/** What the card itself enforces; NO_LIMIT where it does not. */
export interface CardLimits {
  /** Millisatoshi, any u64. */
  readonly maxPerTransaction: bigint;
  /** Millisatoshi above which the PIN is needed. */
  readonly pinThreshold: bigint;
  /** Millisatoshi that may be spent without the PIN until it is used. */
  readonly noPinBudget: bigint;
  /** 0..2^32-1 */
  readonly maxTransactions: number;
}

/** Everything that STORE DATA brings to a card. */
export interface CardData {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  /** `pubkey@host:port`, 1..200 printable ASCII characters. */
  readonly nodeUri: string;
  /** 65 bytes. */
  readonly issuerPoint: Uint8Array;
  readonly credit: Msat;
  readonly limits: CardLimits;
  /** CAPABILITY bits 1..3. */
  readonly publish: number;
  /** 16 bytes. */
  readonly sealKey: Uint8Array;
  /** 4..12 digits; absent: a card without a PIN. */
  readonly pin: string | undefined;
  /** The signed body, 128 bytes (specs/02 §3.4); absent: a card that is not accepted offline. */
  readonly certificate?: Uint8Array | undefined;
}

export const NO_CARD_LIMIT: CardLimits = {
  maxPerTransaction: NO_LIMIT,
  pinThreshold: NO_LIMIT,
  noPinBudget: NO_LIMIT,
  maxTransactions: 0xffffffff,
};

/** The data groups of a card (specs/04 §6). */
export function dataGroups(data: CardData): DataGroup[] {
  const { limits } = data;
  return [
    { dgi: DGI.NODE_URI, value: Buffer.from(data.nodeUri, "latin1") },
    { dgi: DGI.SEAL_KEY, value: data.sealKey },
    { dgi: DGI.IDENTITY, value: concatBytes(data.cardId, data.keySetId) },
    { dgi: DGI.ISSUER_KEY, value: data.issuerPoint },
    {
      dgi: DGI.LIMITS,
      value: concatBytes(
        u64(data.credit),
        u64(limits.maxPerTransaction),
        u64(limits.pinThreshold),
        u64(limits.noPinBudget),
        u32(limits.maxTransactions),
        u8(data.publish),
      ),
    },
    ...(data.certificate ? [{ dgi: DGI.CERTIFICATE, value: data.certificate }] : []),
    ...(data.pin === undefined ? [] : [{ dgi: DGI.PIN, value: encodePinBlock(data.pin) }]),
  ];
}

/**
 * Deals the groups out to as few blocks as they fit into: the longest first, each into the first block with room.
 * @param room bytes that one command carries
 * @throws ValueError when a group alone is longer
 */
export function packBlocks(groups: readonly DataGroup[], room: number): DataGroup[][] {
  const blocks: { used: number; groups: DataGroup[] }[] = [];
  for (const group of [...groups].sort((a, b) => b.value.length - a.value.length)) {
    const length = encodeGroups([group]).length;
    if (length > room)
      throw new ValueError(
        `DGI ${group.dgi.toString(16).padStart(4, "0")}`,
        `need ${length} bytes, have room for ${room}`,
      );
    const block = blocks.find((candidate) => candidate.used + length <= room);
    if (block) {
      block.groups.push(group);
      block.used += length;
    } else blocks.push({ used: length, groups: [group] });
  }
  return blocks.map((block) => block.groups);
}
