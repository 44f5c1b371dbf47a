import { CodedError } from "../../common/index.js";

export type DeputyErrorCode =
  /** The payer would choose the amount, which was not asked for. */
  | "amountless"
  | "too-many-sales"
  /** Another process has the file open. */
  | "locked"
  | "damaged"
  /** The file is another program's. */
  | "foreign"
  /** The file was made by a newer version. */
  | "newer"
  /** The file cannot be read or written. */
  | "storage";

/** What a point of sale or a recipient cannot do, and why. */
export class DeputyError extends CodedError<DeputyErrorCode> {}
