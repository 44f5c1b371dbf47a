import { CodedError } from "../../common/index.js";

export type CardFileErrorCode =
  /** There is no such file. */
  | "missing"
  /** There is a file already where a new one was to be made. */
  | "exists"
  /** Not a card file, or one that was changed by something else. */
  | "damaged"
  /** Written by a newer version of this software. */
  | "newer-version"
  /** Another process uses the card. */
  | "locked"
  /** The system refused to read or write. */
  | "io";

/** A card file cannot be used. The file is as it was. */
export class CardFileError extends CodedError<CardFileErrorCode> {
  readonly path: string;

  constructor(
    code: CardFileErrorCode,
    path: string,
    problem: string,
    options: { cause?: unknown; hint?: string } = {},
  ) {
    super(code, `${path}: ${problem}`, options);
    this.path = path;
  }
}
