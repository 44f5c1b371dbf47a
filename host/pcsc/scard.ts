import { TransportError, type TransportErrorCode } from "../../apdu/transport.js";

/** What the host was doing when PC/SC reported an error: the same number can mean different things. */
export type Activity = "connect" | "transmit" | "watch";

/** Error numbers of PC/SC (pcsc-lite `pcsclite.h`, Windows `winerror.h`). */
const SCARD = {
  E_CANCELLED: 0x80100002,
  E_INVALID_HANDLE: 0x80100003,
  E_UNKNOWN_READER: 0x80100009,
  E_SHARING_VIOLATION: 0x8010000b,
  E_NO_SMARTCARD: 0x8010000c,
  F_COMM_ERROR: 0x80100013,
  E_NOT_TRANSACTED: 0x80100016,
  E_READER_UNAVAILABLE: 0x80100017,
  E_NO_SERVICE: 0x8010001d,
  E_SERVICE_STOPPED: 0x8010001e,
  E_NO_READERS_AVAILABLE: 0x8010002e,
  E_COMM_DATA_LOST: 0x8010002f,
  W_SECURITY_VIOLATION: 0x8010006a,
} as const;

const SERVICE_GONE: ReadonlySet<number> = new Set([
  SCARD.E_INVALID_HANDLE,
  SCARD.F_COMM_ERROR,
  SCARD.E_NO_SERVICE,
  SCARD.E_SERVICE_STOPPED,
]);
const READER_GONE: ReadonlySet<number> = new Set([
  SCARD.E_UNKNOWN_READER,
  SCARD.E_READER_UNAVAILABLE,
  SCARD.E_NO_READERS_AVAILABLE,
]);

export const START_PCSCD =
  "Start it with `systemctl start pcscd.socket`, or run `pcscd --foreground` as root; on Debian and Ubuntu `apt-get install pcscd` installs it.";

/**
 * The PC/SC error number in the text of a native error.
 * @returns undefined when the text has none
 */
export function scardNumber(error: Error): number | undefined {
  const digits = /\(0x([0-9a-f]{8,16})\)\s*$/i.exec(error.message)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits.slice(-8), 16);
}

function classify(number: number | undefined, activity: Activity): TransportErrorCode {
  if (number === undefined) return activity === "transmit" ? "torn" : "no-card";
  if (SERVICE_GONE.has(number)) return "no-service";
  if (number === SCARD.E_SHARING_VIOLATION) return "sharing-violation";
  if (activity === "transmit") return "torn";
  return READER_GONE.has(number) ? "no-reader" : "no-card";
}

const SENTENCE: Record<TransportErrorCode, (reader: string) => string> = {
  torn: (reader) => `The card on ${reader} was taken away, or its reader was, in the middle of a command.`,
  "no-card": (reader) => `No card that answers lies on ${reader}.`,
  "no-reader": (reader) => `The reader ${reader} is not connected.`,
  "no-service": () => "The PC/SC service (pcscd) ended or was restarted.",
  "sharing-violation": (reader) => `Another program is using the card on ${reader}.`,
  timeout: (reader) => `The card on ${reader} did not answer in the time allowed.`,
  closed: (reader) => `The connection to ${reader} was closed.`,
};

/** A typed error for what the native part reported about one reader. */
export function fromNative(error: Error, reader: string, activity: Activity): TransportError {
  const number = scardNumber(error);
  if (number === SCARD.W_SECURITY_VIOLATION) return turnedAway(error);
  return transportError(classify(number, activity), reader, error);
}

/**
 * The service is there and does not want this program, or not any more: pcsc-lite reports a security violation also
 * when the service is killed between a request and its answer.
 */
export function turnedAway(cause?: unknown): TransportError {
  return new TransportError("no-service", "The PC/SC service (pcscd) turned this program away.", {
    cause,
    hint: "It is being stopped, or polkit does not allow this user (actions org.debian.pcsc-lite.*).",
  });
}

/** Whether connecting failed since the service knows of no card, rather than since one does not answer. */
export const isEmptyReader = ({ cause }: TransportError): boolean =>
  cause instanceof Error && scardNumber(cause) === SCARD.E_NO_SMARTCARD;

/** The usual sentence and advice for a code. */
export function transportError(code: TransportErrorCode, reader: string, cause?: unknown): TransportError {
  const hint = code === "no-service" ? START_PCSCD : undefined;
  return new TransportError(code, SENTENCE[code](reader), { cause, ...(hint ? { hint } : {}) });
}
