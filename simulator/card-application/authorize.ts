import { AUTHORIZATION_FLAG, CLA, INS, INVOICE_HASH_LENGTH, MESSAGE_TYPE } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { MAX_MSAT, readU64, u32, u64 } from "../../common/index.js";
import { IsoError } from "../runtime/errors.js";
import { type CommandEntry, PERSONALIZED_ONLY } from "./command-table.js";
import { availableOf } from "./data-objects.js";
import type { RingEntry } from "./ring.js";
import { signedMessage } from "./signed-message.js";
import type { CardState } from "./state.js";

const AMOUNT_LENGTH = 8;

/** AUTHORIZE (specs/01 §6.5): amount, invoice hash; answers the token. The numbers are the steps of the specification. */
export const authorize: CommandEntry = {
  cla: CLA.PROPRIETARY,
  ins: INS.AUTHORIZE,
  refusedWhen: PERSONALIZED_ONLY,
  p1p2: 0,
  lengths: [AMOUNT_LENGTH + INVOICE_HASH_LENGTH],
  run(state, { data }) {
    const amount = readU64(data);
    const invoiceHash = data.subarray(AMOUNT_LENGTH);
    // 1
    if (amount === 0n || amount > MAX_MSAT) throw new IsoError(SW.WRONG_DATA);
    const verified = state.pin.isValidated;
    state.pin.reset();
    // 2
    const repeated = state.ring.find(invoiceHash, amount);
    if (repeated) return token(state, repeated);
    // 3
    if (amount > state.maxPerTransaction.u64()) throw new IsoError(SW.ABOVE_MAX_PER_TRANSACTION);
    // 4
    if (!verified && needsPin(state, amount)) throw new IsoError(missingPin(state));
    // 5
    const counter = state.counter.u32();
    if (counter >= state.maxTransactions.u32()) throw new IsoError(SW.COUNTER_USED_UP);
    // 6
    if (amount > availableOf(state)) throw new IsoError(SW.ABOVE_AVAILABLE);
    // 7
    const entry: RingEntry = {
      invoiceHash,
      amount,
      counter: counter + 1,
      flags: verified ? AUTHORIZATION_FLAG.PIN_VERIFIED : 0,
      authorized: state.authorized.u64() + amount,
    };
    state.atomically(() => {
      state.counter.write(u32(entry.counter));
      state.authorized.write(u64(entry.authorized));
      state.noPinSpent.write(u64(verified ? 0n : state.noPinSpent.u64() + amount));
      state.ring.add(entry);
    });
    // 8
    return token(state, entry);
  },
};

function needsPin(state: CardState, amount: bigint): boolean {
  const budget = state.noPinBudget.u64();
  const spent = state.noPinSpent.u64();
  return amount > state.pinThreshold.u64() || spent > budget || amount > budget - spent;
}

function missingPin({ pin }: CardState): number {
  if (!pin.isSet) return SW.NO_PIN;
  return pin.triesRemaining === 0 ? SW.PIN_BLOCKED : SW.SECURITY_NOT_SATISFIED;
}

function token(state: CardState, entry: RingEntry): Uint8Array {
  return signedMessage(state, {
    type: MESSAGE_TYPE.AUTHORIZATION,
    counter: entry.counter,
    flags: entry.flags,
    first: entry.amount,
    second: entry.authorized,
    binding: entry.invoiceHash,
  });
}
