/** A command APDU as the card reads it (ISO/IEC 7816-3 §12.1.3, short forms). */
export interface Command {
  readonly cla: number;
  readonly ins: number;
  /** P1 P2 as one number. */
  readonly p1p2: number;
  /** 0..255 bytes. */
  readonly data: Uint8Array;
  /** 1..256, or undefined where the command has no Le. */
  readonly le: number | undefined;
  /** All bytes, as they came: what a secure channel authenticates. */
  readonly bytes: Uint8Array;
}

const NO_DATA = new Uint8Array(0);

/** Reads a short command APDU of cases 1 to 4; undefined where the lengths do not add up. */
export function readCommand(bytes: Uint8Array): Command | undefined {
  const [cla = 0, ins = 0, p1 = 0, p2 = 0, p3 = 0] = bytes;
  const header = { cla, ins, p1p2: (p1 << 8) | p2, bytes };
  if (bytes.length === 4) return { ...header, data: NO_DATA, le: undefined };
  if (bytes.length === 5) return { ...header, data: NO_DATA, le: p3 || 256 };
  const afterData = 5 + p3;
  if (bytes.length < 4 || p3 === 0) return undefined;
  const data = bytes.subarray(5, afterData);
  if (bytes.length === afterData) return { ...header, data, le: undefined };
  if (bytes.length === afterData + 1) return { ...header, data, le: bytes[afterData] || 256 };
  return undefined;
}
