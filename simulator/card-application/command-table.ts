import { LIFECYCLE, type LifecycleByte } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import type { Command } from "../runtime/command.js";
import type { CardState } from "./state.js";

/** How a command stands in the application's table (specs/01 §5). The application checks in the order of the fields. */
export interface CommandEntry {
  readonly cla: number;
  readonly ins: number;
  /** The status word that refuses the command in a lifecycle state; absent where it is allowed. */
  readonly refusedWhen: Readonly<Partial<Record<LifecycleByte, number>>>;
  /** P1 P2 that the command has; absent where it judges them itself. */
  readonly p1p2?: number;
  /** Lengths of the command data; absent where the command judges them itself. */
  readonly lengths?: readonly number[];
  /** Checks form and content, and does the work. @returns response data @throws IsoError */
  run(state: CardState, command: Command): Uint8Array;
}
/** In which states a command runs (specs/01 §5). */
export const ALWAYS = {};
export const UNLESS_BLANK = { [LIFECYCLE.BLANK]: SW.CONDITIONS_NOT_SATISFIED };
export const PERSONALIZED_ONLY: CommandEntry["refusedWhen"] = {
  [LIFECYCLE.BLANK]: SW.CONDITIONS_NOT_SATISFIED,
  [LIFECYCLE.BLOCKED]: SW.BLOCKED,
};
export const BLANK_ONLY = {
  [LIFECYCLE.PERSONALIZED]: SW.CONDITIONS_NOT_SATISFIED,
  [LIFECYCLE.BLOCKED]: SW.CONDITIONS_NOT_SATISFIED,
};
