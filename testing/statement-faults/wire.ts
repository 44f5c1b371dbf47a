/** One message of PostgreSQL's protocol, whole, with its type byte; "" for the start-up packet, which has none. */
export interface WireMessage {
  readonly type: string;
  /** Type, length and body. */
  readonly bytes: Buffer;
  readonly body: Buffer;
}

/** Cuts a stream of bytes into messages (PostgreSQL 15, "Frontend/Backend Protocol", message formats). */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #isStarting: boolean;

  /** @param isFrontend the first packet of a client has no type byte */
  constructor(isFrontend: boolean) {
    this.#isStarting = isFrontend;
  }

  read(chunk: Buffer): WireMessage[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: WireMessage[] = [];
    for (;;) {
      const head = this.#isStarting ? 0 : 1;
      if (this.#rest.length < head + 4) return messages;
      const end = head + this.#rest.readUInt32BE(head);
      if (this.#rest.length < end) return messages;
      const bytes = this.#rest.subarray(0, end);
      messages.push({
        type: head === 0 ? "" : bytes.toString("latin1", 0, 1),
        bytes,
        body: bytes.subarray(head + 4),
      });
      this.#rest = this.#rest.subarray(end);
      this.#isStarting = false;
    }
  }
}

/** The text that ends with a zero byte at `at`, and where the next begins. */
export function cString(body: Buffer, at: number): { readonly text: string; readonly next: number } {
  const end = body.indexOf(0, at);
  return { text: body.toString("utf8", at, end), next: end + 1 };
}

/** SQLSTATE of an ErrorResponse. */
export function sqlState(body: Buffer): string {
  for (let at = 0; body[at] !== 0 && at < body.length; ) {
    const field = String.fromCharCode(body[at] ?? 0);
    const { text, next } = cString(body, at + 1);
    if (field === "C") return text;
    at = next;
  }
  return "";
}
