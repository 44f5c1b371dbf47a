// Loaded before a program (node --import): counts everything that it changes on the disk, and ends it (SIGKILL, or
// SIGINT as Ctrl-C does) right before one of these steps. The program itself is the one that people run.
import fs, { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";
import Database from "better-sqlite3";

/** What the environment variable CHEQUECARD_STRIKE holds, as JSON. */
export interface StrikeOrder {
  readonly signal: "SIGKILL" | "SIGINT";
  /** Counted from 1; 0: never. */
  readonly step: number;
  /** Where the names of the steps are written, one a line. */
  readonly log?: string;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

const order: StrikeOrder = JSON.parse(process.env.CHEQUECARD_STRIKE ?? "");
let steps = 0;
/** A step within a step belongs to the outer one. */
let within = false;

function take(name: string, work: () => unknown): unknown {
  if (within) return work();
  if (++steps === order.step) process.kill(process.pid, order.signal);
  within = true;
  try {
    if (order.log !== undefined) appendFileSync(order.log, `${name}\n`);
    return work();
  } finally {
    within = false;
  }
}

/** @param nameOf undefined: this call changes nothing */
function watch(
  target: object,
  names: readonly string[],
  nameOf: (self: unknown, args: unknown[]) => string | undefined,
) {
  const methods = target as Record<string, Method>;
  for (const name of names) {
    const original = methods[name];
    if (original === undefined) throw new Error(`striker: no method ${name}`);
    methods[name] = function (...args) {
      const about = nameOf(this, args);
      return about === undefined
        ? original.apply(this, args)
        : take(`${name} ${about}`, () => original.apply(this, args));
    };
  }
}

const pathName = (path: unknown): string =>
  typeof path === "string" ? basename(path).replace(/[0-9a-f]{8,}/g, "*") : "";
/** What goes to standard output and error is no change. */
const isStandard = (file: unknown): boolean => file === 1 || file === 2;

const FILES = [
  ...["mkdirSync", "writeFileSync", "copyFileSync", "linkSync", "renameSync", "rmSync"],
  ...["writeSync", "fsyncSync", "chmodSync"],
];
watch(fs, FILES, (_, [path]) => (isStandard(path) ? undefined : pathName(path)));
watch(fs, ["openSync"], (_, [path, flags]) =>
  typeof flags === "string" && /[wa]/.test(flags) ? pathName(path) : undefined,
);
syncBuiltinESMExports();

const nameOfDatabase = (self: unknown): string => pathName((self as Database.Database).name);
const changes = (sql: unknown): boolean => typeof sql === "string" && !/^\s*begin/i.test(sql);
watch(Database.prototype, ["close", "backup"], nameOfDatabase);
watch(Database.prototype, ["exec"], (self, [sql]) => (changes(sql) ? nameOfDatabase(self) : undefined));
watch(Database.prototype, ["pragma"], (self, [sql]) =>
  typeof sql === "string" && /[=(]/.test(sql) ? `${nameOfDatabase(self)} ${sql}` : undefined,
);

/** What is between a begin and its commit happens with the commit, or not at all. */
const isStep = (statement: Database.Statement): boolean =>
  /^\s*commit/i.test(statement.source) ||
  (!statement.readonly && changes(statement.source) && !statement.database.inTransaction);
const prepare = Database.prototype.prepare;
Database.prototype.prepare = function (this: Database.Database, sql: string) {
  const statement = prepare.call(this, sql);
  Database.prototype.prepare = prepare;
  watch(Object.getPrototypeOf(statement) as object, ["run", "get", "all"], (self) => {
    const own = self as Database.Statement;
    return isStep(own) ? `${nameOfDatabase(own.database)} ${own.source.slice(0, 30)}` : undefined;
  });
  return statement;
} as typeof prepare;
