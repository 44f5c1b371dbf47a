import { CodedError } from "../../common/index.js";

export type SecureChannelErrorCode =
  /** The card speaks SCP01, SCP02 or something newer, or cannot do the level that was asked for. */
  | "unsupported"
  /** What the reader handed on offers less protection of responses than is required; no attempt was made. */
  | "unprotected-responses"
  /** The sequence counter of these keys is at its end: they open no channel any more, without a failure. */
  | "used-up"
  /** The card has no keys of that version. */
  | "unknown-key-version"
  /** The card's cryptogram is not that of our keys: EXTERNAL AUTHENTICATE was not sent. */
  | "wrong-keys"
  /** The card refuses to open a channel at all: too many failures before. */
  | "locked"
  /** The card's cryptogram was right, yet it refused ours. */
  | "not-authenticated"
  /** A response was not the card's, or the card found a command that was not ours; the channel is closed. */
  | "integrity"
  /** The channel was closed before. */
  | "closed"
  /** A command that does not fit into a protected short APDU. */
  | "too-long";

/** A secure channel could not be opened or has ended. Never holds a key. */
export class SecureChannelError extends CodedError<SecureChannelErrorCode> {}
