import type { ColumnType, FindStatement, ManyStatement } from "./types.js";

type Columns<P extends string> = Readonly<Record<P, ColumnType>>;
/** The name under which a statement reads each parameter. */
type Names<P extends string> = Readonly<Record<P, string>>;

const ARRAY: Readonly<Record<ColumnType, string>> = { int: "bigint[]", text: "text[]", bytes: "bytea[]" };

const names = <P extends string>(columns: Columns<P>) => Object.keys(columns) as P[];

function singleNames<P extends string>(columns: Columns<P>): Names<P> {
  return Object.fromEntries(names(columns).map((name) => [name, `@${name}`])) as Names<P>;
}

function bulkNames<P extends string>(columns: Columns<P>): Names<P> {
  return Object.fromEntries(names(columns).map((name) => [name, `k."${name}"`])) as Names<P>;
}

const valuesOf = <P extends string>(columns: Columns<P>): string =>
  `(${Object.values(singleNames(columns)).join(", ")})`;

/** All rows of parameters as a table `k`, numbered from 1 in `k.ordinal`. */
function parameterTable<P extends string>(columns: Columns<P>): string {
  const arrays = names(columns).map((name, i) => `$${i + 1}::${ARRAY[columns[name]]}`);
  const list = names(columns).map((name) => `"${name}"`);
  return `unnest(${arrays.join(", ")}) with ordinality as k(${[...list, "ordinal"].join(", ")})`;
}

/**
 * A query for at most one row for each row of parameters.
 * @param returns the columns of that row, with their types
 * @param body writes the query over the names of the parameters
 * @param lock holds the rows found until the transaction ends, in the order of the parameters (on SQLite a
 *   writing transaction holds the whole database anyway)
 */
export function findMany<P extends string, Row>(
  columns: Columns<P>,
  returns: NoInfer<FindStatement<P, Row>["returns"]>,
  body: (p: Names<P>) => string,
  { lock = false } = {},
): FindStatement<P, Row> {
  // Without "offset" the planner may join the other way round and read the whole table for each parameter.
  const each = body(bulkNames(columns)) + (lock ? " for update" : " offset 0");
  return {
    columns,
    returns,
    single: body(singleNames(columns)),
    bulk: `${parameterTable(columns)} cross join lateral (${each}) q`,
  };
}

/**
 * Inserts every row; a row that a unique index refuses is left out and reported as not changed. Rows go in in
 * the order of `order`, so that two processes cannot wait for each other in a circle.
 */
export function insertMany<P extends string>(
  table: string,
  columns: Columns<P>,
  order: NoInfer<P>,
): ManyStatement<P> {
  const list = names(columns).map((name) => `"${name}"`);
  const values = valuesOf(columns);
  return {
    columns,
    values,
    single: `insert into ${table} (${list.join(", ")}) values ${values} on conflict do nothing`,
    bulk:
      `insert into ${table} (${list.join(", ")}) select ${list.join(", ")} from ${parameterTable(columns)} ` +
      `order by "${order}" on conflict do nothing returning ${list.filter((name) => KEYS.has(name)).join(", ")}`,
  };
}

/**
 * Adds `amount` to that of a row, which is made where there is none. No two rows of parameters may name the same row.
 * Rows are taken in the order of their keys, so that two processes cannot wait for each other in a circle.
 */
export function addMany<P extends string>(
  table: string,
  columns: Columns<P | "amount">,
  key: readonly NoInfer<P>[],
): ManyStatement<P | "amount"> {
  const list = names(columns).map((name) => `"${name}"`);
  const keys = key.map((name) => `"${name}"`).join(", ");
  const add = `on conflict (${keys}) do update set amount = ${table}.amount + excluded.amount`;
  const insert = `insert into ${table} (${list.join(", ")})`;
  const values = valuesOf(columns);
  return {
    columns,
    values,
    single: `${insert} values ${values} ${add}`,
    bulk:
      `${insert} select ${list.join(", ")} from ${parameterTable(columns)} order by ${keys} ${add} ` +
      `returning ${key.map((name) => `${table}."${name}"`).join(", ")}`,
  };
}

/** Columns that name a row of a table; what the bulk statements return to tell which rows they changed. */
const KEYS = new Set(['"card"', '"counter"', '"sequence"', '"first"', '"reference"', '"account"']);

/**
 * Updates one row for each row of parameters. No two rows of parameters may name the same row.
 * @param key the parameters that name the row; @param set the assignments; @param where a further condition
 */
export function updateMany<P extends string>(
  table: string,
  columns: Columns<P>,
  key: readonly NoInfer<P>[],
  set: (p: Names<P>) => string,
  where?: (p: Names<P>) => string,
): ManyStatement<P> {
  const one = singleNames(columns);
  const all = bulkNames(columns);
  const match = (p: Names<P>) =>
    [...key.map((name) => `${table}."${name}" = ${p[name]}`), ...(where ? [where(p)] : [])].join(" and ");
  return {
    columns,
    single: `update ${table} set ${set(one)} where ${match(one)}`,
    bulk:
      `update ${table} set ${set(all)} from ${parameterTable(columns)} where ${match(all)} ` +
      `returning ${key.map((name) => `${table}."${name}"`).join(", ")}`,
  };
}

/** Deletes one row for each row of parameters, all of which name it. */
export function deleteMany<P extends string>(table: string, columns: Columns<P>): ManyStatement<P> {
  const match = (p: Names<P>) =>
    names(columns)
      .map((name) => `${table}."${name}" = ${p[name]}`)
      .join(" and ");
  const returned = names(columns).map((name) => `${table}."${name}"`);
  return {
    columns,
    single: `delete from ${table} where ${match(singleNames(columns))}`,
    bulk:
      `delete from ${table} using ${parameterTable(columns)} where ${match(bulkNames(columns))} ` +
      `returning ${returned.join(", ")}`,
  };
}
