import { sha256 } from "@noble/hashes/sha2.js";
import {
  CARD_ID_LENGTH,
  CLA,
  INS,
  IV_LENGTH,
  KEY_CHECK_LENGTH,
  KEY_SET_ID_LENGTH,
  LIFECYCLE,
  MESSAGE_TYPE,
  SEALED_BODY_LENGTH,
  SEALED_MESSAGE_LENGTH,
  SIGNATURE_LENGTH,
  UPDATE_FLAG,
} from "../../apdu/constants.js";
import { openBody, signedDigest } from "../../apdu/sealed/crypto.js";
import { SW } from "../../apdu/status-words.js";
import { equalBytes, MAX_MSAT, readU32, readU64, secp256k1, u64 } from "../../common/index.js";
import { IsoError } from "../runtime/errors.js";
import { type CommandEntry, UNLESS_BLANK } from "./command-table.js";
import type { CardState } from "./state.js";

const KEY_SET_AT = 1;
const IV_AT = KEY_SET_AT + KEY_SET_ID_LENGTH;
const BODY_AT = IV_AT + IV_LENGTH;
const UNSIGNED_LENGTH = SEALED_BODY_LENGTH - SIGNATURE_LENGTH;

/** Offsets in the opened body (specs/02 §3.3). */
const SEQUENCE_AT = CARD_ID_LENGTH;
const FLAGS_AT = 12;
const CREDIT_AT = 16;
const MAX_PER_TRANSACTION_AT = 24;
const PIN_THRESHOLD_AT = 32;
const NO_PIN_BUDGET_AT = 40;
const MAX_TRANSACTIONS_AT = 48;
const KEY_CHECK_AT = 52;

const KNOWN_FLAGS = UPDATE_FLAG.BLOCKED | UPDATE_FLAG.RESET_PIN_TRIES | UPDATE_FLAG.RESET_NO_PIN_SPENT;

/** UPDATE (specs/01 §6.7): a sealed update. Every rightly signed one is answered alike. */
export const update: CommandEntry = {
  cla: CLA.PROPRIETARY,
  ins: INS.UPDATE,
  refusedWhen: UNLESS_BLANK,
  p1p2: 0,
  lengths: [SEALED_MESSAGE_LENGTH],
  run(state, { data }) {
    if (!equalBytes(data.subarray(KEY_SET_AT, IV_AT), state.keySetId.bytes))
      throw new IsoError(SW.REFERENCE_NOT_FOUND);
    if (data[0] !== MESSAGE_TYPE.UPDATE) throw new IsoError(SW.WRONG_DATA);
    const body = openBody(state.sealKey.bytes, data.subarray(IV_AT, BODY_AT), data.subarray(BODY_AT));
    const digest = signedDigest(MESSAGE_TYPE.UPDATE, state.keySetId.bytes, body.subarray(0, UNSIGNED_LENGTH));
    if (!secp256k1.verify(body.subarray(UNSIGNED_LENGTH), digest, state.issuerPoint.bytes))
      throw new IsoError(SW.BAD_ISSUER_SIGNATURE);
    const flags = body[FLAGS_AT] ?? 0;
    if (flags & ~KNOWN_FLAGS) throw new IsoError(SW.WRONG_DATA);
    if (takesEffect(state, body)) apply(state, body, flags);
    return new Uint8Array(0);
  },
};

function takesEffect(state: CardState, body: Uint8Array): boolean {
  const credit = readU64(body, CREDIT_AT);
  const keyCheck = sha256(state.point.bytes).subarray(0, KEY_CHECK_LENGTH);
  return (
    equalBytes(body.subarray(0, CARD_ID_LENGTH), state.cardId.bytes) &&
    equalBytes(body.subarray(KEY_CHECK_AT, KEY_CHECK_AT + KEY_CHECK_LENGTH), keyCheck) &&
    readU32(body, SEQUENCE_AT) > state.sequence.u32() &&
    credit >= state.credit.u64() &&
    credit <= MAX_MSAT
  );
}

function apply(state: CardState, body: Uint8Array, flags: number): void {
  const field = (at: number, length: number) => body.subarray(at, at + length);
  state.atomically(() => {
    state.sequence.write(field(SEQUENCE_AT, 4));
    state.credit.write(field(CREDIT_AT, 8));
    state.maxPerTransaction.write(field(MAX_PER_TRANSACTION_AT, 8));
    state.pinThreshold.write(field(PIN_THRESHOLD_AT, 8));
    state.noPinBudget.write(field(NO_PIN_BUDGET_AT, 8));
    state.maxTransactions.write(field(MAX_TRANSACTIONS_AT, 4));
    const next = flags & UPDATE_FLAG.BLOCKED ? LIFECYCLE.BLOCKED : LIFECYCLE.PERSONALIZED;
    state.lifecycle.write(Uint8Array.of(next));
    if (flags & UPDATE_FLAG.RESET_NO_PIN_SPENT) state.noPinSpent.write(u64(0n));
  });
  // After the commit, so that a torn update cannot be sent again for three more guesses.
  if (flags & UPDATE_FLAG.RESET_PIN_TRIES && state.pin.isSet) state.pin.resetAndUnblock();
}
