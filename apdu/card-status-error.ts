import { ChequecardError, type Failure } from "../common/errors.js";
import { describeStatusWord, formatSw, type StatusWordEntry } from "./status-words.js";

/** The card answered a command with a status word other than 9000. */
export class CardStatusError extends ChequecardError {
  override readonly code = "card-status";
  override get failure(): Failure {
    return "card";
  }
  readonly sw: number;
  /** Name of the command that was refused. */
  readonly command: string;
  readonly status: StatusWordEntry;

  /** @param reader who reads the hint */
  constructor(command: string, sw: number, reader: "merchant" | "cardholder" = "merchant") {
    const status = describeStatusWord(sw);
    super(`${command}: the card answered ${formatSw(sw)} (${status.name})`, { hint: status[reader] });
    this.command = command;
    this.sw = sw;
    this.status = status;
  }
}
