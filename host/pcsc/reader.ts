import type { Reader } from "../../apdu/reader.js";
import { TransportError } from "../../apdu/transport.js";
import { PcscConnection } from "./connection.js";
import { findHolders, nameHolders } from "./holders.js";
import { acquireLink, type Link, releaseLink } from "./link.js";
import type { NativeReader } from "./native.js";
import { transportError } from "./scard.js";
import { abortable, ChangeSignal } from "./waiting.js";

/** Bits of a reader's state (pcsc-lite `pcsclite.h`); the upper 16 bits count insertions and removals. */
const STATE = { PRESENT: 0x20, EXCLUSIVE: 0x80, IN_USE: 0x100, MUTE: 0x200 } as const;
/** What of the state is about the card itself, not about who uses it. */
const CARD_BITS = STATE.PRESENT | STATE.MUTE | 0xffff0000;

/** Waits, in milliseconds. */
export interface PcscTimeouts {
  /** For connecting, and for each command. A card makes a key or a signature well within it. */
  readonly command: number;
  /** How long another program's connection is waited out before it is reported: many open each new card. */
  readonly sharing: number;
}
export const DEFAULT_TIMEOUTS: PcscTimeouts = { command: 10_000, sharing: 1_500 };

const RETRY_PAUSE_MS = 100;
const SLOW_RETRY_PAUSE_MS = 1_000;
const CONNECT_TRIES = 3;

/**
 * How often a connection is tried although no card, or no removal, is reported, since both can be overlooked in two
 * places:
 * - pcscd itself: it resets the card when a connection is closed, and where the card is gone it takes the reader for
 *   empty at once, while the thread that polls the reader every 0.4 s still sees the card. One that is laid
 *   down before its next look changes nothing for that thread, and the reader stays empty until it is lifted again
 *   (`SCardDisconnect` in winscard.c and `EHStatusHandlerThread` in eventhandler.c, 1.9.9 to 2.5.1). The removal has
 *   not been counted then, which tells this state from an empty reader.
 * - libpcsclite before 2.0.1: one table of states serves all threads of a process, and a thread that is slow to read
 *   an older answer of the service overwrites a newer one. The watching thread then waits for the next change of any
 *   reader, or for a minute; connecting asks the service.
 */
const OVERLOOKED_MS = 2_000;
/** A removal is counted at the thread's next look, and what was overlooked is reported when it sees the connection. */
const COUNTED_MS = 1_000;
/** The service reports a reader's use when it next polls the reader, several times a second. */
const NOTICE_MS = 10_000;

/** What a reader shows at the moment. `mute`: a card that does not answer to power. */
export interface ReaderState {
  readonly card: "none" | "present" | "mute";
  readonly inUse: boolean;
  readonly exclusive: boolean;
  readonly atr: Uint8Array | undefined;
}

/**
 * A PC/SC reader, known by its name: the object stays valid while the reader is unplugged or the service is
 * restarted, and works again afterwards.
 */
export class PcscReader implements Reader {
  readonly name: string;
  readonly #timeouts: PcscTimeouts;
  readonly #changed = new ChangeSignal();
  #watched: NativeReader | undefined;
  #absence: TransportError;
  #state = 0;
  #atr: Uint8Array = new Uint8Array();
  #stuck: Link | undefined;
  #connection: PcscConnection | undefined;
  /** Insertions and removals until the last connection, as pcscd counts them. */
  #connectedEvents: number | undefined;
  #connectedAt = Number.NEGATIVE_INFINITY;
  #opening: Promise<PcscConnection> | undefined;
  #cleanup: Promise<void> = Promise.resolve();

  constructor(name: string, timeouts: PcscTimeouts) {
    this.name = name;
    this.#timeouts = timeouts;
    this.#absence = transportError("no-reader", name);
  }

  /** Insertions and removals so far, as pcscd counts them. */
  get #events(): number {
    return this.#state >>> 16;
  }

  get connected(): boolean {
    return this.#watched !== undefined;
  }

  get state(): ReaderState {
    const has = (bit: number) => (this.#state & bit) !== 0;
    const present = has(STATE.PRESENT);
    return {
      card: !present ? "none" : has(STATE.MUTE) ? "mute" : "present",
      inUse: has(STATE.IN_USE),
      exclusive: has(STATE.EXCLUSIVE),
      atr: present && this.#atr.length > 0 ? this.#atr : undefined,
    };
  }

  /** The reader's state as its native object reported it. */
  update(watched: NativeReader, state: number, atr: Uint8Array): void {
    this.#watched = watched;
    this.#state = state;
    this.#atr = new Uint8Array(atr);
    // The card that is connected came with a change that is only reported now; nobody changes cards so quickly.
    const isLate = performance.now() < this.#connectedAt + COUNTED_MS;
    if (isLate && this.state.card === "present") this.#connectedEvents = this.#events;
    this.#changed.notify();
  }

  /** The reader, or the service, is gone: everyone who waits gets `absence`, an open connection is dead. */
  detach(absence: TransportError): void {
    this.#watched = undefined;
    this.#state = 0;
    this.#connectedEvents = undefined;
    this.#absence = absence;
    this.#connection?.invalidate(absence.code === "no-reader" ? transportError("torn", this.name) : absence);
    this.#changed.notify();
  }

  /** Closes what is open and waits for what is unfinished. */
  async dispose(): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#connection?.close();
    await this.#cleanup;
  }

  async waitForCard(signal?: AbortSignal): Promise<PcscConnection> {
    const what = `Waiting for a card on ${this.name}`;
    for (let tries = 0; ; ) {
      await abortable(this.#cleanup, signal, what);
      const watched = this.#requireWatched();
      const before = this.#state & CARD_BITS;
      if (this.state.card === "present") {
        try {
          return await this.#connect(watched, signal, what);
        } catch (error) {
          if (!(error instanceof TransportError) || error.code !== "no-card") throw error;
          tries++;
        }
      }
      if ((this.#state & CARD_BITS) !== before) tries = 0;
      else if (this.state.card !== "present") {
        tries = 0;
        const timeoutMs = this.#isRemovalUncounted ? COUNTED_MS : OVERLOOKED_MS;
        await this.#changed.next({ signal, timeoutMs, what });
        const overlooked = await this.#lookForOverlooked(signal, what);
        if (overlooked) return overlooked;
      } else {
        // Present, and yet it could not be had: a card that has just been laid down, or one that is being changed.
        const isPatient = tries >= CONNECT_TRIES;
        const timeoutMs = isPatient ? SLOW_RETRY_PAUSE_MS : RETRY_PAUSE_MS;
        await this.#changed.next({ signal, timeoutMs, what });
        if (isPatient && this.#isRemovalUncounted) await this.#refresh();
      }
    }
  }

  /**
   * Also resolves when another card lies there than the one that was connected last: cards can be changed faster
   * than somebody begins to wait.
   */
  async waitForRemoval(signal?: AbortSignal): Promise<void> {
    const what = `Waiting for the card on ${this.name} to be taken away`;
    const events = this.#connectedEvents ?? this.#events;
    for (;;) {
      const watched = this.#requireWatched();
      if (this.#events !== events) return;
      if (this.state.card === "none") break;
      const before = this.#state;
      await this.#changed.next({ signal, timeoutMs: OVERLOOKED_MS, what });
      if (this.#state !== before) continue;
      this.#cleanup = this.#cleanup.then(() => this.#lookForRemoval(watched));
      await abortable(this.#cleanup, signal, what);
    }
    // The next card shall be seen too.
    if (this.#isRemovalUncounted) await this.#changed.next({ signal, timeoutMs: COUNTED_MS, what });
  }

  /** Notes that the card is gone where that was not reported. Never rejects. */
  async #lookForRemoval(watched: NativeReader): Promise<void> {
    if (this.#opening || this.#connection) return;
    const before = this.#state;
    const link = acquireLink(watched);
    const isEmpty = await link.findsNoCard(this.#timeouts.command);
    this.#giveBack(link);
    if (isEmpty && this.#state === before) this.#state &= ~STATE.PRESENT;
  }

  /** Connects to a card that was not reported. @returns undefined when there is none */
  async #lookForOverlooked(
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<PcscConnection | undefined> {
    const watched = this.#requireWatched();
    // What is open is a connection to a card that is gone.
    if (this.state.card === "present" || this.#opening || this.#connection) return undefined;
    if (this.#isRemovalUncounted) await this.#refresh();
    try {
      return await this.#connect(watched, signal, what);
    } catch (error) {
      if (error instanceof TransportError && error.code === "no-card") return undefined;
      throw error;
    }
  }

  /** The card that was connected last was not seen to go. */
  get #isRemovalUncounted(): boolean {
    // 0 where nothing is counted.
    return !!this.#connectedEvents && this.#connectedEvents === this.#events;
  }

  async #refresh(): Promise<void> {
    const link = acquireLink(this.#requireWatched());
    // What is wrong with the reader is said when the card is connected.
    await link.refresh(this.#timeouts.command).catch(() => {});
    this.#giveBack(link);
  }

  #requireWatched(): NativeReader {
    if (!this.#watched) throw this.#absence;
    return this.#watched;
  }

  async #connect(
    watched: NativeReader,
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<PcscConnection> {
    if (this.#opening || this.#connection)
      throw new TransportError("sharing-violation", `This program already uses the card on ${this.name}.`);
    const opening = this.#open(watched, signal, what).finally(() => {
      this.#opening = undefined;
    });
    this.#opening = opening;
    try {
      return await abortable(opening, signal, what);
    } catch (error) {
      this.#cleanup = opening.then(
        (connection) => connection.close(),
        () => {},
      );
      throw error;
    }
  }

  async #open(watched: NativeReader, signal: AbortSignal | undefined, what: string): Promise<PcscConnection> {
    if (this.#stuck?.running)
      throw new TransportError(
        "timeout",
        `The card on ${this.name} still has to answer an earlier command.`,
        {
          hint: "Take the card away, or unplug the reader, and try again.",
        },
      );
    this.#stuck = undefined;
    const deadline = performance.now() + this.#timeouts.sharing;
    for (;;) {
      const link = acquireLink(watched);
      const { proven } = link;
      let events = this.#events;
      let protocol: number;
      try {
        protocol = await link.connect(this.#timeouts.command);
      } catch (error) {
        this.#giveBack(link);
        if (!(error instanceof TransportError)) throw error;
        // The link's context was lost in a restart of the service, which runs again since.
        if (error.code === "no-service" && proven) continue;
        if (error.code !== "sharing-violation") throw error;
        if (performance.now() >= deadline) throw await this.#sharingViolation(error);
        await this.#changed.next({ signal, timeoutMs: RETRY_PAUSE_MS, what });
        this.#requireWatched();
        continue;
      }
      if (this.state.card === "none") {
        await this.#noticed(what);
        events = this.#events;
      }
      return this.#opened(link, protocol, events);
    }
  }

  /** Resolves when the watching thread reports the card that is connected, or soon after if it does not. */
  async #noticed(what: string): Promise<void> {
    const deadline = performance.now() + NOTICE_MS;
    while (this.#watched && this.state.card === "none" && performance.now() < deadline)
      await this.#changed.next({ timeoutMs: RETRY_PAUSE_MS, what });
  }

  async #opened(link: Link, protocol: number, events: number): Promise<PcscConnection> {
    const facts = { reader: this.name, atr: this.#atr, protocol, timeoutMs: this.#timeouts.command };
    const connection = new PcscConnection(link, facts, () => {
      this.#giveBack(link);
      if (this.#connection === connection) this.#connection = undefined;
    });
    this.#connection = connection;
    this.#connectedEvents = events;
    this.#connectedAt = performance.now();
    if (this.#watched) return connection;
    await connection.close();
    throw this.#absence;
  }

  #giveBack(link: Link): void {
    if (link.running) this.#stuck = link;
    releaseLink(link);
  }

  async #sharingViolation(cause: TransportError): Promise<TransportError> {
    const holders = await findHolders();
    return new TransportError("sharing-violation", `${cause.message} ${nameHolders(holders)}`, {
      cause,
      hint: "Close that program, or tell it to leave this reader alone, and lay the card on the reader again.",
    });
  }
}
