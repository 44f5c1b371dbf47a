import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { gone, isGone } from "../processes/gone.js";

/** A PostgreSQL server of our own in a temporary directory, reachable through its socket alone. */
export interface PostgresServer {
  /** Makes an empty database and returns its URL. */
  database(): Promise<string>;
  /** URL of a database by its name. */
  url(name: string): string;
  /** Directory of its files. */
  readonly data: string;
  /** Directory with `pg_dump` and the other programs. */
  readonly bin: string;
  /** What a program of the server's owner is to be started with. */
  readonly as: { readonly uid?: number; readonly gid?: number };
  /** Twice is once. */
  stop(): Promise<void>;
}

/** A file system in memory, where there is one: faster, and as good for what ends with the test. */
const MEMORY = "/dev/shm";
const ROOT = "/usr/lib/postgresql";

/** Directory of the newest PostgreSQL programs as Debian packages them, or undefined where there are none. */
export function postgresBinaries(): string | undefined {
  if (!existsSync(ROOT)) return undefined;
  const versions = readdirSync(ROOT)
    .filter((name) => existsSync(join(ROOT, name, "bin", "initdb")))
    .sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
  return versions[0] && join(ROOT, versions[0], "bin");
}

/** The server refuses to run as root: another user of the machine runs it then. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user) throw new Error("need a user postgres or nobody to run the database server");
  return { uid: Number.parseInt(user[2] ?? "", 10), gid: Number.parseInt(user[3] ?? "", 10) };
}

/**
 * Starts a server; it ends with {@link PostgresServer.stop}, or with this process, however that ends.
 * @param durable commits wait for the disk, as in operation; without, the server is faster and fit for tests
 */
export async function startPostgres({ durable = false } = {}): Promise<PostgresServer> {
  const bin = postgresBinaries();
  if (!bin) throw new Error("no PostgreSQL: install the package postgresql");
  const as = owner();
  const home = mkdtempSync(join(durable || !existsSync(MEMORY) ? tmpdir() : MEMORY, "chequecard-pg-"));
  if (as.uid !== undefined && as.gid !== undefined) chownSync(home, as.uid, as.gid);
  const data = join(home, "data");
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "chequecard", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
    { ...as, stdio: ["ignore", "ignore", "inherit"], cwd: home },
  );
  const child = serve(bin, data, home, as, durable);
  const url = (name: string) => `postgresql://chequecard@/${name}?host=${encodeURIComponent(home)}`;
  /** The shell ends the server; killed, it would leave it running. */
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    await gone(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await ready(url("postgres"), child);
  } catch (cause) {
    await stop();
    throw cause;
  }
  return {
    data,
    bin,
    as,
    url,
    async database() {
      const name = `test_${randomBytes(6).toString("hex")}`;
      await query(url("postgres"), `create database ${name}`);
      return url(name);
    },
    stop,
  };
}

/** A shell between us and the server ends it when our end of the pipe closes, also after a SIGKILL. */
function serve(
  bin: string,
  data: string,
  home: string,
  as: { uid?: number; gid?: number },
  durable: boolean,
): ChildProcess {
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${home}`,
    "max_connections=100",
    "shared_buffers=64MB",
    `fsync=${durable ? "on" : "off"}`,
    "logging_collector=off",
    "log_min_messages=panic",
    "max_wal_size=2GB",
  ];
  const options = settings.map((setting) => `-c ${setting}`).join(" ");
  const script = `"${join(bin, "postgres")}" -D "${data}" ${options} >/dev/null 2>&1 </dev/null & pid=$!
    cat >/dev/null; kill -INT $pid; wait $pid`;
  return spawn("/bin/sh", ["-c", script], { ...as, cwd: home, stdio: ["pipe", "ignore", "inherit"] });
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 4800 && !isGone(child); attempt++) {
    try {
      await query(url, "select 1");
      return;
    } catch {
      await sleep(25);
    }
  }
  throw new Error("the database server did not start");
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end();
  }
}
