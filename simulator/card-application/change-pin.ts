import { CLA, INS, PIN_REFERENCE } from "../../apdu/constants.js";
import { type CommandEntry, PERSONALIZED_ONLY } from "./command-table.js";
import { requirePinBlock } from "./pin-block.js";
import { PIN_BLOCK_LENGTH } from "./state.js";
import { tryPin } from "./verify-pin.js";

/** CHANGE REFERENCE DATA (specs/01 §6.4): the old PIN's block, the new one's. */
export const changePin: CommandEntry = {
  cla: CLA.ISO,
  ins: INS.CHANGE_REFERENCE_DATA,
  refusedWhen: PERSONALIZED_ONLY,
  p1p2: PIN_REFERENCE,
  lengths: [2 * PIN_BLOCK_LENGTH],
  run({ pin }, { data }) {
    const oldBlock = data.subarray(0, PIN_BLOCK_LENGTH);
    const newBlock = data.subarray(PIN_BLOCK_LENGTH);
    requirePinBlock(oldBlock);
    requirePinBlock(newBlock);
    tryPin(pin, oldBlock);
    pin.update(newBlock);
    return new Uint8Array(0);
  },
};
