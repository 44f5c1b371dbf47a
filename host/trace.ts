import { INS, SEALED_MESSAGE_LENGTH } from "../apdu/constants.js";
import { EXCHANGE_INS } from "../apdu/exchange/constants.js";
import { describeStatusWord, formatSw } from "../apdu/status-words.js";
import type { Transport } from "../apdu/transport.js";
import { bytesToHex, readU16 } from "../common/bytes.js";

/** One APDU of a trace, as text without secrets. */
export interface TraceLine {
  readonly direction: "to-card" | "from-card";
  readonly text: string;
}

/** Commands whose data are secrets, or keys and PINs inside a secure channel. */
const SECRET_DATA: ReadonlySet<number> = new Set([
  INS.VERIFY_PIN,
  INS.CHANGE_REFERENCE_DATA,
  INS.STORE_DATA,
  INS.INITIALIZE_UPDATE,
  INS.EXTERNAL_AUTHENTICATE,
  0xd8, // PUT KEY
]);

const masked = (length: number): string => `(${length} bytes masked)`;

/** A sealed message shows its type and key set; the rest of it is a token, which no log may hold. */
function maskSealed(data: Uint8Array): string {
  return data.length === SEALED_MESSAGE_LENGTH && data[0] !== undefined && data[0] >= 1 && data[0] <= 3
    ? `${bytesToHex(data.subarray(0, 5))} ${masked(SEALED_MESSAGE_LENGTH - 5)}`
    : bytesToHex(data);
}

/** A command as hex with secret data masked; the header always shows. */
function maskCommand(command: Uint8Array): string {
  const header = bytesToHex(command.subarray(0, 4));
  if (command.length <= 5) return bytesToHex(command);
  const length = Math.min(command[4] ?? 0, command.length - 5);
  const data = command.subarray(5, 5 + length);
  const body = SECRET_DATA.has(command[1] ?? 0) ? masked(length) : maskSealed(data);
  const le = command.subarray(5 + length);
  return [header, bytesToHex(command.subarray(4, 5)), body, bytesToHex(le)].filter(Boolean).join(" ");
}

/**
 * A response as hex with sealed messages masked, and the status word in words.
 * @param secret the whole of its data is masked
 */
function maskResponse(response: Uint8Array, secret = false): string {
  if (response.length < 2) return bytesToHex(response);
  const sw = readU16(response, response.length - 2);
  const data = response.subarray(0, -2);
  const shown = secret ? masked(data.length) : maskSealed(data);
  return [data.length ? shown : "", formatSw(sw), `(${describeStatusWord(sw).name})`]
    .filter(Boolean)
    .join(" ");
}

/** COLLECT of a phone, READ BINARY of a tag. */
const SECRET_ANSWER: ReadonlySet<number> = new Set([EXCHANGE_INS.COLLECT, 0xb0]);

/** GET RESPONSE (ISO/IEC 7816-4): its answer belongs to the command before it. */
const GET_RESPONSE = 0xc0;

/** Wraps a transport so that every APDU is reported with its secrets masked. */
export function withTrace(inner: Transport, report: (line: TraceLine) => void): Transport {
  // What a phone answers to COLLECT holds the preimage of a payment, or a token; a Bolt Card's file is worth money once.
  let isSecret = false;
  return {
    async transmit(command) {
      report({ direction: "to-card", text: maskCommand(command) });
      if (command[1] !== GET_RESPONSE) isSecret = SECRET_ANSWER.has(command[1] ?? 0);
      const response = await inner.transmit(command);
      report({ direction: "from-card", text: maskResponse(response, isSecret) });
      return response;
    },
  };
}
