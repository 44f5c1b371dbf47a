import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import type { KeySource } from "../../keys/key-source.js";
import { testKeys } from "../issuer/service.js";
import { type PostgresServer, startPostgres } from "../postgres/server.js";
import { gone } from "../processes/gone.js";
import { Gate } from "./gate.js";
import { ServerFaults, SMALL_SPACE, USER } from "./server-faults.js";

/** What a server may be set to. */
export const ISOLATIONS = ["read committed", "repeatable read", "serializable"] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** Room of the small file system. */
const SMALL_SIZE = "2m";

/** A database with the means to fail its statements. */
export interface Database {
  readonly name: string;
  readonly faults: ServerFaults;
}

/** A real server with a gate for each of two services, and a database for each isolation level. */
export class Databases {
  /** Without it the disk cannot be made full: making a file system takes an administrator. */
  readonly hasSmallSpace: boolean;
  readonly gates: readonly [Gate, Gate];
  readonly keys: KeySource;
  readonly #server: PostgresServer;
  readonly #admin: pg.Client;
  readonly #directory: string;
  readonly #mounted: ChildProcess | undefined;
  readonly #made = new Map<Isolation, Database>();
  #serial = 0;
  #closing: Promise<void> | undefined;

  private constructor(parts: {
    readonly server: PostgresServer;
    readonly admin: pg.Client;
    readonly directory: string;
    readonly gates: readonly [Gate, Gate];
    readonly keys: KeySource;
    readonly mounted: ChildProcess | undefined;
  }) {
    this.#server = parts.server;
    this.#admin = parts.admin;
    this.#directory = parts.directory;
    this.gates = parts.gates;
    this.keys = parts.keys;
    this.#mounted = parts.mounted;
    this.hasSmallSpace = parts.mounted !== undefined;
  }

  static async open(): Promise<Databases> {
    const directory = mkdtempSync(join(tmpdir(), "chequecard-faults-"));
    // The server runs as another user, who must get to the small file system.
    chmodSync(directory, 0o755);
    const server = await startPostgres();
    const admin = new pg.Client({ connectionString: server.url("postgres") });
    await admin.connect();
    await admin.query(`create role ${USER} login`);
    const mounted = await makeSmallSpace(join(directory, "small"), server, admin);
    const socket = dirname(server.data);
    const gates = [
      await Gate.open(join(directory, "a"), socket),
      await Gate.open(join(directory, "b"), socket),
    ] as const;
    const keys = await testKeys(directory);
    return new Databases({ server, admin, directory, gates, keys, mounted });
  }

  /** URLs of a database, one through each gate. */
  urls({ name }: Database): [string, string] {
    const [a, b] = this.gates;
    return [a.url(name, USER), b.url(name, USER)];
  }

  /** The database of an isolation level, without rows. */
  async empty(isolation: Isolation): Promise<Database> {
    const there = this.#made.get(isolation);
    await there?.faults.empty();
    const database = there ?? (await this.make(isolation));
    this.#made.set(isolation, database);
    return database;
  }

  /** A new database without any table. */
  async make(isolation: Isolation): Promise<Database> {
    const name = `ledger_${this.#serial++}`;
    await this.#admin.query(`create database ${name} owner ${USER}`);
    await this.#admin.query(`alter database ${name} set default_transaction_isolation = '${isolation}'`);
    return { name, faults: await ServerFaults.install(this.#server.url(name)) };
  }

  async drop({ name, faults }: Database): Promise<void> {
    await faults.close();
    await this.#admin.query(`drop database ${name} with (force)`);
  }

  /** A second call joins. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      for (const gate of this.gates) await gate.close();
      for (const { faults } of this.#made.values()) await faults.close();
      await this.#admin.end();
    } finally {
      await this.#server.stop();
      this.#mounted?.stdin?.end();
      if (this.#mounted) await gone(this.#mounted);
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }
}

/** A shell that unmounts when our end of its pipe closes, also after a SIGKILL; the server may still have files there. */
function unmountAtEnd(path: string): ChildProcess {
  const script = 'cat >/dev/null; umount -l "$0" && rmdir "$0"';
  return spawn("/bin/sh", ["-c", script, path], { stdio: ["pipe", "ignore", "ignore"], detached: true });
}

/** A tablespace on a file system of its own that is full soon. @returns what ends it, undefined: it cannot be made */
async function makeSmallSpace(
  path: string,
  { as }: PostgresServer,
  admin: pg.Client,
): Promise<ChildProcess | undefined> {
  mkdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_SIZE},mode=700`, "tmpfs", path], {
      stdio: "ignore",
    });
  } catch {
    return undefined;
  }
  const mounted = unmountAtEnd(path);
  if (as.uid !== undefined && as.gid !== undefined) chownSync(path, as.uid, as.gid);
  await admin.query(`create tablespace ${SMALL_SPACE} location '${path}'`);
  return mounted;
}
