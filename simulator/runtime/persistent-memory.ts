import { bytesToHex, concatBytes, u32, utf8 } from "../../common/index.js";
import { PowerCut, RuntimeFault } from "./errors.js";

/** What a write inside an open transaction replaced. */
export interface JournalEntry {
  readonly cell: string;
  readonly offset: number;
  readonly old: Uint8Array;
}

/** Everything that outlives a loss of power: the cells by name, and the journal of a transaction that was torn. */
export interface MemoryImage {
  readonly cells: Readonly<Record<string, Uint8Array>>;
  readonly journal: readonly JournalEntry[];
}

/** A fixed-length array in persistent memory. Read it through its methods; only `write` changes it. */
export interface PersistentCell {
  readonly name: string;
  readonly length: number;
  /** A live view of the content, for reading. */
  readonly bytes: Uint8Array;
  u8(offset?: number): number;
  u32(offset?: number): number;
  u64(offset?: number): bigint;
  /** Replaces `data.length` bytes in one atomic write. @throws RuntimeFault past the end */
  write(data: Uint8Array, offset?: number): void;
}

/** Bytes of old values that one transaction may hold: a small commit buffer, as cards have. */
export const COMMIT_CAPACITY = 256;

/**
 * The card's EEPROM. A write outside a transaction is atomic, as Java Card demands of a single field and of
 * Util.arrayCopy. Inside a transaction each write first stores the old bytes in a journal that is itself
 * persistent; the commit drops the journal in one write, an abort or the next power-up restores from it.
 * Each of these steps is a persistent write at which power can be cut.
 */
export class PersistentMemory {
  readonly #cells = new Map<string, { bytes: Uint8Array; view: DataView }>();
  readonly #waiting: Map<string, Uint8Array>;
  #journal: JournalEntry[];
  #inTransaction = false;
  #powered = true;
  #writes = 0;
  #cutAt = Number.POSITIVE_INFINITY;

  /** @param image the content of an earlier card; its cells wait until they are allocated under their names */
  constructor(image?: MemoryImage) {
    this.#waiting = new Map(Object.entries(image?.cells ?? {}).map(([name, bytes]) => [name, bytes.slice()]));
    this.#journal = (image?.journal ?? []).map((entry) => ({ ...entry, old: entry.old.slice() }));
  }

  /** Persistent writes since {@link resetWrites}. */
  get writes(): number {
    return this.#writes;
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /** Names of the image's cells that nothing has allocated. */
  get unclaimed(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  resetWrites(): void {
    this.#writes = 0;
  }

  /** Power fails at the n-th persistent write from now (1: the next one), which no longer happens. */
  cutAtWrite(n: number): void {
    this.#cutAt = n;
  }

  /** Power that was to fail does not. */
  cancelCut(): void {
    this.#cutAt = Number.POSITIVE_INFINITY;
  }

  /**
   * Reserves a cell. Its content is the image's of that name, else `initial`.
   * @throws RuntimeFault for a name that is taken, and where the image's cell has another length
   */
  allocate(name: string, initial: Uint8Array): PersistentCell {
    if (this.#cells.has(name)) throw new RuntimeFault(`persistent cell ${name} is allocated twice`);
    const bytes = this.#waiting.get(name) ?? initial.slice();
    if (bytes.length !== initial.length)
      throw new RuntimeFault(`persistent cell ${name}: need ${initial.length} bytes, have ${bytes.length}`);
    this.#waiting.delete(name);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#cells.set(name, { bytes, view });
    return {
      name,
      length: bytes.length,
      bytes,
      u8: (offset = 0) => view.getUint8(offset),
      u32: (offset = 0) => view.getUint32(offset),
      u64: (offset = 0) => view.getBigUint64(offset),
      write: (data, offset = 0) => this.#write(name, bytes, data, offset),
    };
  }

  /** Starts a transaction. @throws RuntimeFault when one is open: transactions do not nest */
  begin(): void {
    if (this.#inTransaction) throw new RuntimeFault("a transaction is open already");
    this.#inTransaction = true;
  }

  /** Makes all writes since {@link begin} final, in one persistent write. @throws RuntimeFault outside a transaction */
  commit(): void {
    if (!this.#inTransaction) throw new RuntimeFault("no transaction is open");
    if (this.#journal.length) this.#dropJournal();
    this.#inTransaction = false;
  }

  /** Undoes all writes since {@link begin}. Does nothing outside a transaction. */
  abort(): void {
    if (!this.#inTransaction) return;
    this.#rollBack();
    this.#inTransaction = false;
  }

  /** Power returns: a transaction that was torn is rolled back. Torn in the middle, the next power-up does it again. */
  powerUp(): void {
    this.#powered = true;
    this.#inTransaction = false;
    this.#rollBack();
  }

  /** The content as it would survive a loss of power now, a copy. */
  image(): MemoryImage {
    const cells = Object.fromEntries([...this.#cells].map(([name, { bytes }]) => [name, bytes.slice()]));
    return { cells, journal: this.#journal.map((entry) => ({ ...entry, old: entry.old.slice() })) };
  }

  /** The content as one byte string: equal exactly when two images of the same applets are equal. */
  dump(): Uint8Array {
    const journal = this.#journal.map(({ cell, offset, old }) => `${cell}:${offset}:${bytesToHex(old)};`);
    const cells = [...this.#cells.values()].map(({ bytes }) => bytes);
    return concatBytes(u32(this.#journal.length), utf8(journal.join("")), ...cells);
  }

  #write(name: string, bytes: Uint8Array, data: Uint8Array, offset: number): void {
    if (offset < 0 || offset + data.length > bytes.length)
      throw new RuntimeFault(`persistent cell ${name}: ${data.length} bytes at ${offset} do not fit`);
    if (this.#inTransaction) {
      const used = this.#journal.reduce((sum, { old }) => sum + old.length, 0);
      if (used + data.length > COMMIT_CAPACITY)
        throw new RuntimeFault(`the commit buffer of ${COMMIT_CAPACITY} bytes is full`);
      this.#step();
      this.#journal.push({ cell: name, offset, old: bytes.slice(offset, offset + data.length) });
    }
    this.#step();
    bytes.set(data, offset);
  }

  #rollBack(): void {
    if (this.#journal.length === 0) return;
    for (const { cell, offset, old } of this.#journal.toReversed()) {
      this.#step();
      this.#cells.get(cell)?.bytes.set(old, offset);
    }
    this.#dropJournal();
  }

  #dropJournal(): void {
    this.#step();
    this.#journal = [];
  }

  /** One persistent write is about to happen, unless power fails here. */
  #step(): void {
    if (this.#powered && this.#cutAt > 1) {
      this.#cutAt -= 1;
      this.#writes += 1;
      return;
    }
    this.#powered = false;
    this.cancelCut();
    throw new PowerCut();
  }
}
