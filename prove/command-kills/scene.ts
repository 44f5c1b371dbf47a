import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyLedger } from "../../issuer/ledger/index.js";
import { openSqlite, type Store } from "../../issuer/store/index.js";
import type { VictimEnd } from "./victim.js";

/** A command in a place, and what must be true of that place whenever the command was ended. */
export interface Scene {
  readonly name: string;
  /** Makes the place, in an empty folder. */
  prepare(folder: string): Promise<void>;
  /** True where a copy of a prepared folder is as good as another one. */
  readonly isCopied: boolean;
  command(folder: string): readonly string[];
  /** What is wrong right after the command was ended. Changes nothing. */
  between(folder: string): Promise<string[]>;
  /** What is wrong after it got through. */
  after(folder: string, end: VictimEnd): Promise<string[]>;
  /** What the command says where an earlier run was ended so late that everything was done. */
  readonly alreadyDone?: RegExp;
  /** Whether a run that was ended had said before that all was done: it is not run again. */
  isTold?(end: VictimEnd): boolean;
  /** Commands that are killed many times on the way, instead of once at each step. */
  readonly isLong?: boolean;
  close?(): Promise<void>;
}

/** Lends a new folder. */
export async function inNewFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-kills-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lends a copy of a folder: looking at a database may change it. */
export const inCopy = <T>(folder: string, use: (copy: string) => Promise<T>): Promise<T> =>
  inNewFolder(async (parent) => {
    const copy = join(parent, "copy");
    cpSync(folder, copy, { recursive: true });
    return await use(copy);
  });

/**
 * What a command that got through must not leave, wherever it was killed before. (The lock of a dead process may stay:
 * the next one takes it over.)
 */
export const leftovers = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tmp|part|part-wal|part-shm)$/.test(name))
    .map((name) => `left behind: ${name}`);

/** The paid-in total of a ledger that holds, in msat. @throws StoreError; Error when it does not hold */
export async function provenTotal(path: string): Promise<bigint> {
  const store = await openSqlite({ path });
  try {
    return await provenTotalOf(store);
  } finally {
    await store.close();
  }
}

/** The same of an open ledger. */
export async function provenTotalOf(store: Store): Promise<bigint> {
  const { violations } = await verifyLedger(store);
  if (violations.length > 0) throw new Error(`the ledger does not hold: ${violations[0]?.invariant}`);
  const accounts = await store.db.selectFrom("accounts").select("funded").execute();
  return accounts.reduce((sum, { funded }) => sum + funded, 0n);
}
