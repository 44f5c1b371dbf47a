/** The part of nfc-pcsc 0.8 that this project uses; the package ships no types. */
declare module "nfc-pcsc" {
  import type { EventEmitter } from "node:events";

  /** Wrapper around one pcsclite reader. It connects SHARED on its own unless its listeners are taken away. */
  export interface Reader extends EventEmitter {
    autoProcessing: boolean;
    /** pcsclite's own reader object. */
    readonly reader: EventEmitter & { readonly name: string };
  }

  /** Emits `reader` with a Reader, and `error`. */
  export class NFC extends EventEmitter {
    constructor();
    /** pcsclite's own monitor object. */
    readonly pcsc: EventEmitter;
    close(): void;
  }
}
