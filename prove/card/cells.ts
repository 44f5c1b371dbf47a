import { bytesToHex } from "../../common/index.js";
import type { MemoryImage } from "../../simulator/index.js";

const APP = "card-application/";
const DOMAIN = "issuer-security-domain/";

/** A card's persistent memory, read without the simulator's own accessors. */
export class Cells {
  readonly #image: MemoryImage;

  constructor(image: MemoryImage) {
    this.#image = image;
  }

  bytes(name: string): Uint8Array {
    const found =
      this.#image.cells[name] ?? this.#image.cells[APP + name] ?? this.#image.cells[DOMAIN + name];
    if (!found) throw new RangeError(`no cell ${name}`);
    return found;
  }

  hex = (name: string): string => bytesToHex(this.bytes(name));

  number(name: string): bigint {
    return BigInt(`0x${this.hex(name)}`);
  }

  get names(): string[] {
    return Object.keys(this.#image.cells).map((name) => name.replace(APP, "").replace(DOMAIN, ""));
  }

  get journalLength(): number {
    return this.#image.journal.length;
  }

  get tries(): number {
    return this.bytes("pin")[0] ?? 0;
  }

  get pinIsSet(): boolean {
    return this.bytes("pin").subarray(1).some(Boolean);
  }

  get lifecycle(): number {
    return this.bytes("lifecycle")[0] ?? 0;
  }
}
