import { concatBytes, u16, u32, u64, utf8 } from "../../common/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import { exchange, SELECT_APP } from "./apdus.js";
import { type HostChannel, openChannel } from "./channel.js";
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
}

export const USUAL_VALUES: StoredValues = { ...LIMITS, publish: 0x0c, pinBlock: PIN_BLOCK };

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
  );
  return [first, second];
}

export const CHALLENGE_16 = new Uint8Array(16).fill(0x77);
export const generateKeyPair = (channel: HostChannel): Uint8Array =>
  channel.wrap(0x46, 0x80, 0x00, CHALLENGE_16);
export const storeData = (channel: HostChannel, block: number, last: boolean, data: Uint8Array): Uint8Array =>
  channel.wrap(0xe2, last ? 0x88 : 0x08, block, data);
export const resetCard = (channel: HostChannel): Uint8Array =>
  channel.wrap(0xe4, 0x00, 0x00, new Uint8Array(0));

/** Makes a blank card a personalized one through the channel. @returns what failed first, undefined when nothing */
export function personalizeBlank(
  card: SimulatedCard,
  values: Partial<StoredValues> = {},
): string | undefined {
  exchange(card, SELECT_APP);
  const channel = openChannel(card);
  if (!channel) return "no secure channel";
  const [first, second] = storeDataBlocks(values);
  const steps: readonly [string, Uint8Array][] = [
    ["GENERATE KEY PAIR", generateKeyPair(channel)],
    ["STORE DATA 00", storeData(channel, 0, false, first)],
    ["STORE DATA 01", storeData(channel, 1, true, second)],
  ];
  for (const [name, command] of steps) {
    const { sw } = exchange(card, command);
    if (sw !== "9000") return `${name}: ${sw}`;
  }
  return undefined;
}
