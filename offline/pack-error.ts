import { CodedError } from "../common/errors.js";

export type PackErrorCode =
  /** It is something else, or longer than any pack. */
  | "not-a-pack"
  /** It ends before its length says, or goes on after it. */
  | "cut"
  /** A later release wrote it. */
  | "newer-version"
  /** It was made for another terminal's key. */
  | "other-terminal"
  /** It was changed on its way, or its content is not that of a pack. */
  | "damaged"
  /** The key that it names did not sign it. */
  | "not-genuine"
  /** It is signed, but not by the issuer that this terminal trusts. */
  | "other-issuer"
  /** It is for another bitcoin network. */
  | "other-network"
  /** The terminal has this pack, or a newer one. */
  | "older"
  /** Its last day is over. */
  | "expired"
  /** It was made after what the terminal's clock says. */
  | "from-the-future";

/** Why an acceptance pack is refused (specs/09 §3). The message never holds a key. */
export class PackError extends CodedError<PackErrorCode> {}
