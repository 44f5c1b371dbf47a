import { concatBytes } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";

/** A short command APDU (ISO 7816-4 §5.1). */
export interface CommandApdu {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  /** 0..255 bytes; empty: no Lc. */
  readonly data: Uint8Array;
  /** 1..256 bytes expected; undefined: no Le. */
  readonly le: number | undefined;
}

/** A response APDU: data and status word. */
export interface ResponseApdu {
  readonly data: Uint8Array;
  /** 0..0xFFFF */
  readonly sw: number;
}

const EMPTY = new Uint8Array(0);

/** A command with what is mostly the same left out: P1 and P2 00, no data, no Le. */
export function command(
  cla: number,
  ins: number,
  rest: { p1?: number; p2?: number; data?: Uint8Array; le?: number } = {},
): CommandApdu {
  return { cla, ins, p1: rest.p1 ?? 0, p2: rest.p2 ?? 0, data: rest.data ?? EMPTY, le: rest.le };
}

/**
 * Cases 1 to 4 of short APDUs.
 * @throws ValueError when a byte, the data (255) or Le (1..256) is out of range
 */
export function encodeCommandApdu(apdu: CommandApdu): Uint8Array {
  for (const field of ["cla", "ins", "p1", "p2"] as const) {
    const value = apdu[field];
    if (!Number.isInteger(value) || value < 0 || value > 255)
      throw new ValueError(`command/${field}`, `need a byte, have ${value}`);
  }
  if (apdu.data.length > 255)
    throw new ValueError("command/data", `need at most 255 bytes, have ${apdu.data.length}`);
  if (apdu.le !== undefined && (!Number.isInteger(apdu.le) || apdu.le < 1 || apdu.le > 256))
    throw new ValueError("command/le", `need 1 to 256, have ${apdu.le}`);
  return concatBytes(
    Uint8Array.of(apdu.cla, apdu.ins, apdu.p1, apdu.p2),
    apdu.data.length ? Uint8Array.of(apdu.data.length) : EMPTY,
    apdu.data,
    apdu.le === undefined ? EMPTY : Uint8Array.of(apdu.le & 0xff),
  );
}

/** The inverse of {@link encodeCommandApdu}. Extended lengths are refused. @throws ParseError */
export function decodeCommandApdu(bytes: Uint8Array): CommandApdu {
  const [cla, ins, p1, p2, p3] = bytes;
  if (cla === undefined || ins === undefined || p1 === undefined || p2 === undefined)
    throw new ParseError("command", `need at least 4 bytes, have ${bytes.length}`);
  const header = { cla, ins, p1, p2 };
  if (p3 === undefined) return { ...header, data: EMPTY, le: undefined };
  if (bytes.length === 5) return { ...header, data: EMPTY, le: p3 || 256 };
  if (p3 === 0) throw new ParseError("command/lc", "need 1 to 255, have 0 (extended lengths are not used)");
  const data = bytes.slice(5, 5 + p3);
  if (data.length < p3) throw new ParseError("command/data", `need ${p3} bytes, have ${data.length}`);
  if (bytes.length === 5 + p3) return { ...header, data, le: undefined };
  if (bytes.length > 6 + p3) throw new ParseError("command", `${bytes.length - 6 - p3} bytes too many`);
  return { ...header, data, le: bytes[5 + p3] || 256 };
}

/** @throws ValueError above 256 bytes of data */
export function encodeResponseApdu(response: ResponseApdu): Uint8Array {
  if (response.data.length > 256)
    throw new ValueError("response/data", `need at most 256 bytes, have ${response.data.length}`);
  return concatBytes(response.data, Uint8Array.of(response.sw >> 8, response.sw & 0xff));
}

/** A response of any length, also one put together from chained parts. @throws ParseError below 2 bytes */
export function decodeResponseApdu(bytes: Uint8Array): ResponseApdu {
  const [high, low] = bytes.subarray(bytes.length - 2);
  if (high === undefined || low === undefined)
    throw new ParseError("response", `need at least 2 bytes, have ${bytes.length}`);
  return { data: bytes.slice(0, -2), sw: (high << 8) | low };
}
