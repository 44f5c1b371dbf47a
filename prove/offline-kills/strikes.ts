import { SqliteFile as File, type SqliteFile } from "../../common/sqlite-file.js";
import { SaleError } from "../../host/index.js";

/** Where a process is killed, or a statement fails: at the statement of that number, of terminal and shop together. */
export interface Strike {
  readonly kind: "killed before" | "killed after" | "failed";
  /** From 1. */
  readonly count: number;
}

const dead = () => new SaleError("io", "the disk does not answer");

/** Every writing statement of terminal and shop passes here; one is struck. A file whose process was killed answers no more. */
export class Strikes {
  readonly #strike: Strike;
  readonly #killed = new WeakSet<SqliteFile>();
  readonly #run = File.prototype.run;
  readonly #all = File.prototype.all;
  #count = 0;
  /** The statement that was struck. */
  struck: string | undefined;

  constructor(strike: Strike) {
    this.#strike = strike;
  }

  /** Strikes while `work` runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const { kind, count } = this.#strike;
    const strikes = this;
    File.prototype.run = function (this: SqliteFile, sql, values = []) {
      if (strikes.#killed.has(this)) throw dead();
      const run = () => strikes.#run.call(this, sql, values);
      // What the deputy has claimed is the node's own, and a rollback is none of the program's steps.
      if (sql.startsWith("INSERT INTO paid") || sql === "ROLLBACK" || ++strikes.#count !== count)
        return run();
      strikes.struck = sql.trim().split(/\s+/).slice(0, 4).join(" ");
      if (kind === "failed") throw dead();
      strikes.#killed.add(this);
      if (kind === "killed after") run();
      throw dead();
    };
    File.prototype.all = function <Row, T>(
      this: SqliteFile,
      sql: string,
      values: Parameters<SqliteFile["all"]>[1],
      read: (row: Row) => T,
    ): T[] {
      if (strikes.#killed.has(this)) throw dead();
      return strikes.#all.call(this, sql, values, read as (row: unknown) => unknown) as T[];
    };
    try {
      return await work();
    } finally {
      File.prototype.run = this.#run;
      File.prototype.all = this.#all;
    }
  }
}
