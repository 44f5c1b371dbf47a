import { createHash } from "node:crypto";
import { CompiledQuery } from "kysely";
import { changedMeanwhile } from "./errors.js";
import type {
  ColumnType,
  Db,
  FindStatement,
  ManyRow,
  ManyRunner,
  ManyStatement,
  Tx,
  Value,
} from "./types.js";

const CAST: Readonly<Record<ColumnType, string>> = { int: "bigint", text: "text", bytes: "bytea" };

/** Names of the statements that payments run again and again, by their texts; few and fixed. */
const statementNames = new Map<string, string>();

/**
 * The name under which a connection keeps a statement that is run again and again; undefined for others. It follows
 * from the text: behind a pooler, where processes share a connection, no name stands for two texts.
 */
export const statementName = (text: string): string | undefined => statementNames.get(text);

function named(text: string): string {
  if (!statementNames.has(text))
    statementNames.set(text, `many_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`);
  return text;
}

/** One array for each column, as `unnest` takes them, written out: the driver would make several strings of each value. */
function arrays<P extends string>(statement: ManyStatement<P>, rows: readonly ManyRow<P>[]): string[] {
  return (Object.keys(statement.columns) as P[]).map((name) => {
    let text = "";
    for (const row of rows) text += text === "" ? element(row[name]) : `,${element(row[name])}`;
    return `{${text}}`;
  });
}

/** A value in the text form of an array. */
function element(value: Value): string {
  if (value === null) return "NULL";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  return `\\\\x${value.toString("hex")}`;
}

/** A statement whose parameters are numbered from `first` + 1 on. */
const renumbered = (bulk: string, first: number): string =>
  bulk.replace(/\$(\d+)(?=::)/g, (_, number: string) => `$${first + Number.parseInt(number, 10)}`);

const parametersOf = (statement: ManyStatement<never>): number => Object.keys(statement.columns).length;

/** Ordinals and counts are of rows, not money. */
const small = (count: bigint): number => Number.parseInt(count.toString(), 10);

/** Several statements as one text, made once for each combination. */
class Combined<S extends ManyStatement<never>, T> {
  readonly #made = new Map<string, T>();
  readonly #make: (statements: readonly S[]) => T;

  constructor(make: (statements: readonly S[]) => T) {
    this.#make = make;
  }

  of(statements: readonly S[]): T {
    const key = statements.map(numberOf).join(",");
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(statements);
      this.#made.set(key, made);
    }
    return made;
  }
}

const numbers = new WeakMap<ManyStatement<never>, number>();
let statementsSeen = 0;

/** Statements are made once, each has its number. */
function numberOf(statement: ManyStatement<never>): number {
  const known = numbers.get(statement);
  if (known !== undefined) return known;
  numbers.set(statement, ++statementsSeen);
  return statementsSeen;
}

/** Where a part's column stands among the columns that all parts share. */
interface Slot {
  readonly name: string;
  readonly slot: string;
}

/** Parts have different columns: those of one type share columns, of which each part fills as many as it has. */
const unions = new Combined<FindStatement<never>, { text: string; slots: readonly (readonly Slot[])[] }>(
  (statements) => {
    const used = new Map<string, ColumnType>();
    const slots = statements.map(({ returns }) => {
      const next: Record<ColumnType, number> = { int: 0, text: 0, bytes: 0 };
      return Object.entries<ColumnType>(returns).map(([name, type]) => {
        const slot = `${type}_${next[type]++}`;
        used.set(slot, type);
        return { name, slot };
      });
    });
    const all = [...used];
    let first = 0;
    const parts = statements.map((statement, part) => {
      const bulk = renumbered(statement.bulk, first);
      first += parametersOf(statement);
      const columns = all.map(([slot, type]) => {
        const own = slots[part]?.find((each) => each.slot === slot);
        return `${own ? `q."${own.name}"` : "null"}::${CAST[type]} as ${slot}`;
      });
      return `select ${part}::bigint as part, k.ordinal, ${columns.join(", ")} from ${bulk}`;
    });
    return { text: named(parts.join(" union all ")), slots };
  },
);

/** Sub-statements of one `with`, and how many rows each changed. */
const changes = new Combined<ManyStatement<never>, string>((statements) => {
  let first = 0;
  const parts = statements.map((statement, part) => {
    const bulk = renumbered(statement.bulk, first);
    first += parametersOf(statement);
    return `c${part} as (${bulk})`;
  });
  const counts = statements.map((_, part) => `(select count(*) from c${part}) as c${part}`);
  return named(`with ${parts.join(", ")} select ${counts.join(", ")}`);
});

const run = async <R>(tx: Tx | Db, text: string, parameters: readonly unknown[]): Promise<R[]> =>
  (await tx.executeQuery(CompiledQuery.raw(text, [...parameters]) as CompiledQuery<R>)).rows;

/** Runs {@link ManyStatement}s on PostgreSQL, each as one prepared statement for all its rows. */
export const postgresMany: ManyRunner = {
  async find<P extends string, Row>(
    tx: Tx | Db,
    statement: FindStatement<P, Row>,
    rows: readonly ManyRow<P>[],
  ): Promise<(Row | undefined)[]> {
    const found = new Array<Row | undefined>(rows.length).fill(undefined);
    if (rows.length === 0) return found;
    const text = named(`select k.ordinal, q.* from ${statement.bulk}`);
    // The first row of each wins.
    for (const { ordinal, ...row } of await run<{ ordinal: bigint }>(tx, text, arrays(statement, rows)))
      found[small(ordinal) - 1] ??= row as Row;
    return found;
  },

  async findAll(tx, ...finds) {
    const found = finds.map(({ rows }) => new Array<unknown>(rows.length).fill(undefined));
    const { text, slots } = unions.of(finds.map(({ statement }) => statement));
    const parameters = finds.flatMap(({ statement, rows }) => arrays(statement, rows));
    for (const row of await run<Record<string, Value> & { part: bigint; ordinal: bigint }>(
      tx,
      text,
      parameters,
    )) {
      const part = small(row.part);
      const result: Record<string, Value | undefined> = {};
      for (const { name, slot } of slots[part] ?? []) result[name] = row[slot];
      const rows = found[part];
      if (rows) rows[small(row.ordinal) - 1] ??= result;
    }
    return found as never;
  },

  async change(tx, statement, rows) {
    if (rows.length === 0) return [];
    const result = await run<Record<string, Value>>(tx, named(statement.bulk), arrays(statement, rows));
    const [first] = result;
    if (!first) return rows.map(() => false);
    const key = Object.keys(first);
    const changed = new Set(result.map((row) => key.map((name) => row[name]).join(":")));
    return rows.map((row) => changed.has(key.map((name) => (row as Record<string, Value>)[name]).join(":")));
  },

  async changeAll(tx, ...all) {
    const wanted = all.filter(({ rows }) => rows.length > 0);
    if (wanted.length === 0) return;
    const text = changes.of(wanted.map(({ statement }) => statement));
    const parameters = wanted.flatMap(({ statement, rows }) => arrays(statement, rows));
    const [counts] = await run<Record<string, bigint>>(tx, text, parameters);
    wanted.forEach(({ rows, lenient }, part) => {
      if (!lenient && counts?.[`c${part}`] !== BigInt(rows.length)) throw changedMeanwhile();
    });
  },
};
