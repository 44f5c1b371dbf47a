import { CLA, INS } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { IsoError } from "../runtime/errors.js";
import { ALWAYS, BLANK_ONLY, type CommandEntry } from "./command-table.js";

/** What a card without static keys answers to the commands that open and use a secure channel (specs/01 §6.8). */
function refusing(
  cla: number,
  ins: number,
  refusedWhen: CommandEntry["refusedWhen"],
  sw: number,
): CommandEntry {
  return {
    cla,
    ins,
    refusedWhen,
    run() {
      throw new IsoError(sw);
    },
  };
}

/**
 * INITIALIZE UPDATE finds no keys, so EXTERNAL AUTHENTICATE has nothing to follow and no secure channel is ever
 * open. A card with a security domain takes its own entries in place of these.
 */
export const WITHOUT_SECURITY_DOMAIN: readonly CommandEntry[] = [
  refusing(CLA.PROPRIETARY, INS.INITIALIZE_UPDATE, ALWAYS, SW.REFERENCE_NOT_FOUND),
  refusing(CLA.SECURE, INS.EXTERNAL_AUTHENTICATE, ALWAYS, SW.CONDITIONS_NOT_SATISFIED),
  refusing(CLA.SECURE, INS.GENERATE_KEY_PAIR, BLANK_ONLY, SW.SECURITY_NOT_SATISFIED),
  refusing(CLA.SECURE, INS.STORE_DATA, BLANK_ONLY, SW.SECURITY_NOT_SATISFIED),
  refusing(CLA.SECURE, INS.RESET, ALWAYS, SW.SECURITY_NOT_SATISFIED),
];
