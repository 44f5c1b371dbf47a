/** One message of the virtual reader: a control byte, or a command APDU. */
export type VpcdMessage =
  | { readonly kind: "power-off" }
  | { readonly kind: "power-on" }
  | { readonly kind: "reset" }
  | { readonly kind: "atr" }
  | { readonly kind: "apdu"; readonly bytes: Uint8Array }
  | { readonly kind: "unknown" };

const CONTROL = ["power-off", "power-on", "reset", undefined, "atr"] as const;

/** Length u16, big-endian, then the bytes. @param payload at most 65535 bytes */
export function encodeVpcdFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + payload.length);
  frame.set([payload.length >> 8, payload.length & 0xff]);
  frame.set(payload, 2);
  return frame;
}

/** A frame of one byte is a control byte; no command APDU is that short. */
function messageOf(payload: Uint8Array): VpcdMessage {
  const [first = 0] = payload;
  if (payload.length !== 1) return { kind: "apdu", bytes: payload };
  return { kind: CONTROL[first] ?? "unknown" };
}

/**
 * Cuts a byte stream into messages, however the network splits it. At most one unfinished frame (65537 bytes)
 * is kept.
 */
export class VpcdFrameReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** The messages that `chunk` completes, in order. */
  push(chunk: Uint8Array): VpcdMessage[] {
    const bytes = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    const messages: VpcdMessage[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
      if (end > bytes.length) break;
      messages.push(messageOf(Uint8Array.from(bytes.subarray(at + 2, end))));
      at = end;
    }
    this.#rest = Uint8Array.from(bytes.subarray(at));
    return messages;
  }
}
