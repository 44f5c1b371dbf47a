import { CLA } from "../../apdu/constants.js";
import { LEVEL } from "../../apdu/secure-channel/primitives.js";
import { SW } from "../../apdu/status-words.js";
import { IsoError } from "../runtime/errors.js";
import type { CardChannel } from "../security-domain/channel.js";
import type { CommandEntry } from "./command-table.js";
import type { CardState } from "./state.js";

/** A command that runs through the secure channel alone, as it stands in specs/01 §5. */
export interface SecuredCommand {
  readonly ins: number;
  readonly refusedWhen: CommandEntry["refusedWhen"];
  /** Does the work on the data in clear. @returns response data in clear @throws IsoError */
  run(state: CardState, p1p2: number, data: Uint8Array): Uint8Array;
}

/** C-MAC and C-DECRYPTION: less is not enough for these commands (specs/04 §4). */
const NEEDED = LEVEL.C_MAC | LEVEL.C_DECRYPTION;

/** The command in the application's table: verified and decrypted before, protected after. */
export function secured(channel: CardChannel, { ins, refusedWhen, run }: SecuredCommand): CommandEntry {
  return {
    cla: CLA.SECURE,
    ins,
    refusedWhen,
    run: (state, command) => channel.wrap(run(state, command.p1p2, channel.unwrap(command, NEEDED))),
  };
}

/** @throws IsoError 6A86, then 6700 */
export function requireForm(p1p2: number, needed: number, data: Uint8Array, length: number): void {
  if (p1p2 !== needed) throw new IsoError(SW.WRONG_P1P2);
  if (data.length !== length) throw new IsoError(SW.WRONG_LENGTH);
}
