import {
  CAPABILITY,
  CARD_ID_LENGTH,
  DGI,
  INS,
  KEY_SET_ID_LENGTH,
  LIFECYCLE,
  MAX_NODE_URI_LENGTH,
  SEAL_KEY_LENGTH,
  SEALED_BODY_LENGTH,
} from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { MAX_MSAT, secp256k1 } from "../../common/index.js";
import { type DataGroupEntry, readDataGroups } from "../data-groups.js";
import { IsoError } from "../runtime/errors.js";
import { BLANK_ONLY } from "./command-table.js";
import { hasKeyPair } from "./key-pair.js";
import { isPinBlock } from "./pin-block.js";
import type { SecuredCommand } from "./secured-command.js";
import { type CardState, PIN_BLOCK_LENGTH, POINT_LENGTH } from "./state.js";

const P1 = { MORE: 0x08, LAST: 0x88 } as const;
const IDENTITY_LENGTH = CARD_ID_LENGTH + KEY_SET_ID_LENGTH;
const LIMITS_LENGTH = 4 * 8 + 4 + 1;
const PUBLISHABLE =
  CAPABILITY.AVAILABLE_PUBLISHED |
  CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED |
  CAPABILITY.PIN_THRESHOLD_PUBLISHED;

const GROUPS: readonly DataGroupEntry<CardState>[] = [
  {
    dgi: DGI.IDENTITY,
    accepts: (value) => value.length === IDENTITY_LENGTH,
    write(state, value) {
      state.cardId.write(value.subarray(0, CARD_ID_LENGTH));
      state.keySetId.write(value.subarray(CARD_ID_LENGTH));
    },
  },
  {
    dgi: DGI.NODE_URI,
    accepts: (value) =>
      value.length >= 1 &&
      value.length <= MAX_NODE_URI_LENGTH &&
      value.every((character) => character > 0x20 && character < 0x7f),
    write: (state, value) => state.nodeUri.write(Uint8Array.of(value.length, ...value)),
  },
  {
    dgi: DGI.ISSUER_KEY,
    accepts: (value) => value.length === POINT_LENGTH && secp256k1.isPublicKey(value),
    write: (state, value) => state.issuerPoint.write(value),
  },
  {
    dgi: DGI.LIMITS,
    accepts: (value) =>
      value.length === LIMITS_LENGTH &&
      new DataView(value.buffer, value.byteOffset).getBigUint64(0) <= MAX_MSAT &&
      ((value[LIMITS_LENGTH - 1] ?? 0) & ~PUBLISHABLE) === 0,
    write(state, value) {
      state.credit.write(value.subarray(0, 8));
      state.maxPerTransaction.write(value.subarray(8, 16));
      state.pinThreshold.write(value.subarray(16, 24));
      state.noPinBudget.write(value.subarray(24, 32));
      state.maxTransactions.write(value.subarray(32, 36));
      state.published.write(value.subarray(36));
    },
  },
  {
    dgi: DGI.SEAL_KEY,
    accepts: (value) => value.length === SEAL_KEY_LENGTH,
    write: (state, value) => state.sealKey.write(value),
  },
  {
    dgi: DGI.PIN,
    optional: true,
    accepts: (value) => value.length === PIN_BLOCK_LENGTH && isPinBlock(value),
    write: (state, value) => state.pin.update(value),
  },
  {
    dgi: DGI.CERTIFICATE,
    optional: true,
    // What it says is between its issuer and the terminals: a card cannot judge a date, and has no use for the rest.
    accepts: (value) => value.length === SEALED_BODY_LENGTH,
    write: (state, value) => state.certificate.write(Uint8Array.of(value.length, ...value)),
  },
];
const REQUIRED = GROUPS.reduce((mask, group, index) => (group.optional ? mask : mask | (1 << index)), 0);

/** Which groups have come since block 00, and the block that comes next: two bytes of transient memory. */
export type Staging = Uint8Array;
export const STAGING_LENGTH = 2;

/**
 * STORE DATA (specs/04 §6). The groups are written in place, since they cannot be read while the card is blank; the
 * last block makes it a personalized card with one atomic write of the lifecycle byte.
 */
export const storeData = (staging: Staging): SecuredCommand => ({
  ins: INS.STORE_DATA,
  refusedWhen: BLANK_ONLY,
  run(state, p1p2, data) {
    const last = p1p2 >> 8 === P1.LAST;
    const block = p1p2 & 0xff;
    const [received = 0, next = 0] = staging;
    if ((!last && p1p2 >> 8 !== P1.MORE) || (block !== 0 && block !== next))
      throw new IsoError(SW.WRONG_P1P2);
    const before = block === 0 ? 0 : received;
    const groups = readDataGroups(GROUPS, data, before);
    const after = groups.reduce((mask, { index }) => mask | (1 << index), before);
    if (last && ((after & REQUIRED) !== REQUIRED || !hasKeyPair(state)))
      throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    // A cut before the end leaves no trace in the staging, so a torn personalization starts over at block 00.
    staging.fill(0);
    if (block === 0) clearEarlierLife(state);
    for (const { index, value } of groups) GROUPS[index]?.write(state, value);
    if (last) state.lifecycle.write(Uint8Array.of(LIFECYCLE.PERSONALIZED));
    else staging.set([after, block + 1]);
    return new Uint8Array(0);
  },
});

/** What an earlier personalization of this card, or one that was torn, may have left. */
export function clearEarlierLife(state: CardState): void {
  for (const cell of [state.counter, state.authorized, state.noPinSpent, state.sequence, state.certificate])
    if (cell.bytes.some(Boolean)) cell.write(new Uint8Array(cell.length));
  if (state.pin.isSet || state.pin.triesRemaining > 0) state.pin.clear();
  state.ring.clear();
}
