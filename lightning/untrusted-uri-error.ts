import { CodedError } from "../common/errors.js";

export type UntrustedUriErrorCode =
  /** Only allow-listed nodes may be asked, and this is none. */
  | "not-allowed"
  /** The address, or one of the name's addresses, is not public. */
  | "not-public"
  /** The host name has no address, or the name service did not answer in time. */
  | "unresolved";

/** A URI from a card or a message must not be dialed. */
export class UntrustedUriError extends CodedError<UntrustedUriErrorCode> {}
