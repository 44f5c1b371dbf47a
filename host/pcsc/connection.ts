import type { CardConnection } from "../../apdu/reader.js";
import { TransportError } from "../../apdu/transport.js";
import { ValueError } from "../../common/index.js";
import type { Link } from "./link.js";
import { transportError } from "./scard.js";
import { MAX_COMMAND_LENGTH, PROTOCOL, toTpdu } from "./tpdu.js";

/** An exclusive connection through PC/SC. After its first error it is dead: every later command gets the same error. */
export class PcscConnection implements CardConnection {
  readonly atr: Uint8Array;
  /** Transmission protocol, chosen from the ATR by the service. */
  readonly protocol: "T=0" | "T=1";
  readonly #link: Link;
  readonly #reader: string;
  readonly #timeoutMs: number;
  readonly #released: () => void;
  #failure: TransportError | undefined;
  #closing: Promise<void> | undefined;

  /** @param released called once the card has been let go */
  constructor(
    link: Link,
    facts: { reader: string; atr: Uint8Array; protocol: number; timeoutMs: number },
    released: () => void,
  ) {
    this.#link = link;
    this.#reader = facts.reader;
    this.#timeoutMs = facts.timeoutMs;
    this.#released = released;
    this.atr = facts.atr;
    this.protocol = facts.protocol === PROTOCOL.T0 ? "T=0" : "T=1";
  }

  /**
   * @param command short command APDU, 4 to 261 bytes
   * @throws ValueError wrong length; TransportError
   */
  async transmit(command: Uint8Array): Promise<Uint8Array> {
    if (command.length < 4 || command.length > MAX_COMMAND_LENGTH)
      throw new ValueError(
        "command",
        `a short APDU has 4 to ${MAX_COMMAND_LENGTH} bytes, this ${command.length}`,
      );
    if (this.#closing) throw transportError("closed", this.#reader);
    if (this.#failure) throw this.#failure;
    const protocol = PROTOCOL[this.protocol === "T=0" ? "T0" : "T1"];
    try {
      const response = await this.#link.transmit(toTpdu(command, protocol), protocol, this.#timeoutMs);
      if (response.length < 2) throw transportError("torn", this.#reader);
      return new Uint8Array(response);
    } catch (error) {
      if (error instanceof TransportError) this.invalidate(error);
      throw error;
    }
  }

  /** Marks the connection dead, when the reader or the service went away. */
  invalidate(failure: TransportError): void {
    this.#failure ??= failure;
  }

  close(): Promise<void> {
    this.#closing ??= this.#link.disconnect(this.#timeoutMs).then(this.#released);
    return this.#closing;
  }
}
