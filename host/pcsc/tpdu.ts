/** Protocol numbers as PC/SC gives them for an open connection. */
export const PROTOCOL = { T0: 1, T1: 2 } as const;

/** Longest short command APDU: header, Lc, 255 bytes of data, Le. */
export const MAX_COMMAND_LENGTH = 261;
/** Longest short response APDU: 256 bytes of data, status word. */
export const MAX_RESPONSE_LENGTH = 258;

/**
 * The command as it goes over T=0 (ISO 7816-3 §12.2): P3 is never absent, and a command with data does not carry
 * Le, for the card then says with 61xx how much waits for GET RESPONSE. Other protocols take the APDU as it is.
 * @param command short command APDU
 */
export function toTpdu(command: Uint8Array, protocol: number): Uint8Array {
  if (protocol !== PROTOCOL.T0) return command;
  if (command.length === 4) return Uint8Array.of(...command, 0);
  const lc = command[4] ?? 0;
  const isCase4 = lc > 0 && command.length === 5 + lc + 1;
  return isCase4 ? command.subarray(0, -1) : command;
}
