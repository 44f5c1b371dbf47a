import type { EventEmitter } from "node:events";
import { TransportError } from "../../apdu/transport.js";

type Done<T extends unknown[] = []> = (error: Error | null | undefined, ...result: T) => void;

/**
 * pcsclite's reader object (the native part under nfc-pcsc). One object has one connection and, after
 * `get_status`, one thread that waits for changes of the card. It holds one mutex during every call, and the
 * main thread takes the same mutex to deliver a change: an object that watches must not be the one that transmits,
 * and `close` must never be called from inside one of its events.
 */
export interface NativeReader extends EventEmitter {
  readonly name: string;
  connected: boolean;
  readonly SCARD_SHARE_EXCLUSIVE: number;
  readonly SCARD_SHARE_SHARED: number;
  /** To the reader, whether a card lies on it or not. */
  readonly SCARD_SHARE_DIRECT: number;
  readonly SCARD_PROTOCOL_T0: number;
  readonly SCARD_PROTOCOL_T1: number;
  readonly SCARD_RESET_CARD: number;
  readonly SCARD_LEAVE_CARD: number;
  get_status(changed: Done<[state: number, atr?: Uint8Array]>): void;
  connect(options: { share_mode: number; protocol: number }, done: Done<[protocol: number]>): void;
  disconnect(disposition: number, done: Done): void;
  transmit(
    command: Uint8Array,
    maxResponse: number,
    protocol: number,
    done: Done<[response: Uint8Array]>,
  ): void;
  /** Ends the watching thread; blocks the caller for a few milliseconds. */
  close(): number;
}

/** pcsclite's monitor object: one context, one thread that waits for readers to come and go. */
interface NativeMonitor extends EventEmitter {
  /** Calls back with the readers' names after each change. pcsclite calls it one tick after construction. */
  start(listed: (error?: Error, names?: Uint8Array) => void): void;
  readonly readers: Readonly<Record<string, NativeReader>>;
  close(): void;
}

/** nfc-pcsc's view of the service. */
export interface NativeService extends EventEmitter {
  readonly pcsc: NativeMonitor;
  close(): void;
}

export interface NativeModule {
  /** Opens a context; blocks for as long as there is no service, so probe first. */
  readonly NFC: new () => NativeService;
}

const INSTALL =
  "On Debian and Ubuntu: `apt-get install libpcsclite-dev pcscd build-essential python3`, then `npm rebuild @pokusew/pcsclite`, or `npm ci` where the package nfc-pcsc is missing altogether.";

/**
 * Loads the optional dependency nfc-pcsc, when a reader is first asked for.
 * @param load replaces the import in tests
 * @throws TransportError `no-service`: the package or its native part is missing, with what to install
 */
export async function loadNative(
  load: () => Promise<unknown> = () => import("nfc-pcsc"),
): Promise<NativeModule> {
  try {
    const module = (await load()) as Partial<NativeModule> & { default?: Partial<NativeModule> };
    const NFC = module.NFC ?? module.default?.NFC;
    if (NFC) return { NFC };
  } catch (cause) {
    throw new TransportError(
      "no-service",
      "Readers need nfc-pcsc, whose native part cannot be loaded here.",
      {
        cause,
        hint: INSTALL,
      },
    );
  }
  throw new TransportError("no-service", "The installed nfc-pcsc is not the one this version works with.", {
    hint: INSTALL,
  });
}

/** A second native object for the same reader, with a context of its own. */
export function sibling(reader: NativeReader): NativeReader {
  const Constructor = reader.constructor as new (name: string) => NativeReader;
  return new Constructor(reader.name);
}
