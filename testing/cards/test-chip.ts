import { boltCardKeys } from "../../bolt-card/keys.js";
import { encryptPicc, sunMac } from "../../bolt-card/sun.js";
import { bytesToHex } from "../../common/index.js";

/** Batch key of the chips of tests, and its id. */
export const BATCH_ID = Uint8Array.of(0xb0, 0x17, 0xca, 0x2d);
export const BATCH_KEY = new Uint8Array(16).fill(0x6b);

/** What a reader gets of one tap. */
export interface TestReading {
  /** 16 bytes. */
  readonly p: Uint8Array;
  /** 8 bytes. */
  readonly c: Uint8Array;
}

/** The chip of a Bolt Card, as far as its address goes. */
export class TestChip {
  readonly cardId: Uint8Array;
  readonly uid: Uint8Array;
  readonly version: number;
  readonly batchKey: Uint8Array;
  /** Of the newest reading. */
  counter = 0;

  constructor(number: number, version = 0, batchKey: Uint8Array = BATCH_KEY) {
    this.cardId = Uint8Array.from(
      Buffer.from(`b017${number.toString(16).padStart(10, "0")}0${version}`, "hex"),
    );
    this.uid = Uint8Array.from(Buffer.from(`04${number.toString(16).padStart(12, "0")}`, "hex"));
    this.version = version;
    this.batchKey = batchKey;
  }

  /** The next reading. */
  read(): TestReading {
    this.counter++;
    return this.readingOf(this.counter);
  }

  /** One of a counter, as a second chip with the same keys makes it. */
  readingOf(counter: number): TestReading {
    const { k1, k2 } = boltCardKeys(this.batchKey, this.uid, this.version);
    return {
      p: encryptPicc(k1, { uid: this.uid, counter }),
      c: sunMac(k2, this.uid, counter),
    };
  }
}

/** The parameters of an address. */
export const readingQuery = ({ p, c }: TestReading): string =>
  `p=${bytesToHex(p).toUpperCase()}&c=${bytesToHex(c).toUpperCase()}`;
