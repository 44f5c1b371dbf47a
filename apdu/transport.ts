import { CodedError, type Failure } from "../common/errors.js";

/**
 * Carries command APDUs to one card and brings its responses back. Layers (response chaining, command chaining,
 * secure messaging, trace) wrap one Transport in another behind the same `transmit`.
 */
export interface Transport {
  /**
   * Sends one command APDU and resolves with the response APDU, status word included (at least 2 bytes).
   * A command may have run on the card even when this rejects.
   * @throws TransportError
   */
  transmit(command: Uint8Array): Promise<Uint8Array>;
}

/** Why no response came. */
export type TransportErrorCode =
  /** The card left the field, or the reader went away, while it was in use: the command may have run. */
  | "torn"
  /** There is no card on the reader. */
  | "no-card"
  /** No reader, or none of that name. */
  | "no-reader"
  /** The PC/SC service is not installed, not running or was restarted. */
  | "no-service"
  /** Another program uses the card exclusively. */
  | "sharing-violation"
  /** No answer in the time allowed: the command may have run. */
  | "timeout"
  /** The transport was closed by its owner. */
  | "closed";

/** The connection to the card failed; says nothing about what the card did. */
export class TransportError extends CodedError<TransportErrorCode> {
  override get failure(): Failure {
    return "reader";
  }
}
