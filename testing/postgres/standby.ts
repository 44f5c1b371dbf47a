import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { PostgresServer } from "./server.js";

/** A hot standby of a server, on a socket of its own. */
export interface PostgresStandby {
  /** URL of a database by its name. */
  url(name: string): string;
  /** Makes it a primary: its timeline is higher by one. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** Copies a server and follows it. */
export async function startStandby(primary: PostgresServer): Promise<PostgresStandby> {
  const { bin, as, data } = primary;
  const home = mkdtempSync(join(dirname(dirname(data)), "chequecard-standby-"));
  if (as.uid !== undefined && as.gid !== undefined) chownSync(home, as.uid, as.gid);
  const copy = join(home, "data");
  const url = (name: string) => `postgresql://chequecard@/${name}?host=${encodeURIComponent(home)}`;
  execFileSync(
    join(bin, "pg_basebackup"),
    ["-D", copy, "-d", primary.url("postgres"), "--write-recovery-conf", "--checkpoint=fast"],
    { ...as, cwd: home, stdio: ["ignore", "ignore", "inherit"] },
  );
  chmodSync(copy, 0o700);
  writeFileSync(join(copy, "postgresql.auto.conf"), `primary_conninfo = '${conninfo(primary)}'\n`);
  const script = `"${join(bin, "postgres")}" -D "${copy}" -c listen_addresses= -c unix_socket_directories=${home} \
    -c max_connections=100 >/dev/null 2>&1 </dev/null & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid`;
  const child = spawn("/bin/sh", ["-c", script], { ...as, cwd: home, stdio: ["pipe", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await until(async () => (await ask(url("postgres"), "select 1")) !== undefined);
  return {
    url,
    async promote() {
      await ask(url("postgres"), "select pg_promote()");
      await until(async () => (await ask(url("postgres"), "select pg_is_in_recovery()")) === false);
    },
    async stop() {
      child.stdin?.end();
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const conninfo = (primary: PostgresServer): string => `host=${dirname(primary.data)} user=chequecard`;

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(text);
    return Object.values(rows[0] ?? {})[0];
  } catch {
    return undefined;
  } finally {
    await client.end();
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}
