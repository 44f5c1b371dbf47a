import { concatBytes, u16, u32, u64, utf8 } from "../../common/index.js";
import { CARD_ID, ISSUER_POINT, KEY_SET_ID, LIMITS, NODE_URI, PIN_BLOCK, SEAL_KEY } from "./material.js";

/** Values that STORE DATA brings; what is absent is the campaigns' usual. */
export interface StoredValues {
  readonly credit: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
  readonly publish: number;
  /** Undefined: no PIN. */
  readonly pinBlock: Uint8Array | undefined;
  /** The signed body, 128 bytes; undefined: none. */
  readonly certificate: Uint8Array | undefined;
}

const USUAL_VALUES: StoredValues = { ...LIMITS, publish: 0x0c, pinBlock: PIN_BLOCK, certificate: undefined };

export const group = (dgi: number, value: Uint8Array): Uint8Array =>
  concatBytes(u16(dgi), Uint8Array.of(value.length), value);

/** The data groups in two blocks (specs/04 §6). */
export function storeDataBlocks(values: Partial<StoredValues> = {}): [Uint8Array, Uint8Array] {
  const all = { ...USUAL_VALUES, ...values };
  const limits = concatBytes(
    u64(all.credit),
    u64(all.maxPerTransaction),
    u64(all.pinThreshold),
    u64(all.noPinBudget),
    u32(all.maxTransactions),
    Uint8Array.of(all.publish),
  );
  const first = concatBytes(group(0x0102, utf8(NODE_URI)), group(0x0103, ISSUER_POINT));
  const second = concatBytes(
    group(0x0101, concatBytes(CARD_ID, KEY_SET_ID)),
    group(0x0104, limits),
    group(0x8101, SEAL_KEY),
    ...(all.pinBlock ? [group(0x8102, all.pinBlock)] : []),
    ...(all.certificate ? [group(0x0105, all.certificate)] : []),
  );
  return [first, second];
}

export const CHALLENGE_16 = new Uint8Array(16).fill(0x77);
