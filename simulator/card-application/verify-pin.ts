import { CLA, INS, PIN_REFERENCE } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { IsoError } from "../runtime/errors.js";
import type { OwnerPin } from "../runtime/owner-pin.js";
import { type CommandEntry, PERSONALIZED_ONLY } from "./command-table.js";
import { requirePinBlock } from "./pin-block.js";
import { PIN_BLOCK_LENGTH } from "./state.js";

const NO_DATA = new Uint8Array(0);

/** One guess. @throws IsoError 6984 without a PIN, 6983 without tries, 63Cx when it is wrong */
export function tryPin(pin: OwnerPin, block: Uint8Array): void {
  if (!pin.isSet) throw new IsoError(SW.NO_PIN);
  if (pin.triesRemaining === 0) throw new IsoError(SW.PIN_BLOCKED);
  if (!pin.check(block)) throw new IsoError(SW.PIN_WRONG | pin.triesRemaining);
}

/** VERIFY (specs/01 §6.3); without data it asks how the PIN stands. */
export const verifyPin: CommandEntry = {
  cla: CLA.ISO,
  ins: INS.VERIFY_PIN,
  refusedWhen: PERSONALIZED_ONLY,
  p1p2: PIN_REFERENCE,
  lengths: [0, PIN_BLOCK_LENGTH],
  run({ pin }, { data }) {
    if (data.length) {
      requirePinBlock(data);
      tryPin(pin, data);
      return NO_DATA;
    }
    if (!pin.isSet) throw new IsoError(SW.NO_PIN);
    if (pin.isValidated) return NO_DATA;
    throw new IsoError(pin.triesRemaining === 0 ? SW.PIN_BLOCKED : SW.PIN_WRONG | pin.triesRemaining);
  },
};
