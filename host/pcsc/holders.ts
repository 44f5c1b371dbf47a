import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** A process that probably holds a connection to the PC/SC service. */
export interface Holder {
  readonly pid: number;
  readonly name: string;
}

const CONNECTED = "03";

/** Inodes of connected unix sockets, from the kernel's table (proc(5), /proc/net/unix: St is the sixth column). */
function connectedInodes(table: string): Set<string> {
  const inodes = new Set<string>();
  for (const line of table.split("\n").slice(1)) {
    const [, , , , , state, inode] = line.trim().split(/\s+/);
    if (state === CONNECTED && inode) inodes.add(inode);
  }
  return inodes;
}

async function hasConnectedSocket(process: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const directory = join(process, "fd");
  for (const fd of await readdir(directory)) {
    const target = await readlink(join(directory, fd)).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

/**
 * Processes other than this one that have pcsc-lite's client library loaded and a unix socket connected: on Linux
 * the kernel does not tell who is on the other end of pcscd's socket, so this is a likely answer, not a certain one.
 * Processes of other users are left out where they cannot be read.
 * @param proc root of the process file system, for tests
 * @returns empty where nothing can be found out
 */
export async function findHolders(proc = "/proc", self: number = process.pid): Promise<readonly Holder[]> {
  const [entries, table] = await Promise.all([
    readdir(proc).catch(() => []),
    readFile(join(proc, "net/unix"), "utf8").catch(() => ""),
  ]);
  const inodes = connectedInodes(table);
  const holders: Holder[] = [];
  for (const entry of entries) {
    if (!/^\d+$/.test(entry) || Number(entry) === self) continue;
    const directory = join(proc, entry);
    try {
      const maps = await readFile(join(directory, "maps"), "utf8");
      if (!maps.includes("/libpcsclite.so")) continue;
      if (!(await hasConnectedSocket(directory, inodes))) continue;
      const name = (await readFile(join(directory, "comm"), "utf8")).trim();
      holders.push({ pid: Number(entry), name });
    } catch {
      // The process ended meanwhile, or belongs to another user.
    }
  }
  return holders;
}

/** A sentence that names them. */
export function nameHolders(holders: readonly Holder[]): string {
  if (holders.length === 0) return "Which one could not be found out; it may belong to another user.";
  const names = holders.map(({ name, pid }) => `${name} (process ${pid})`);
  return `It is probably ${names.join(" or ")}.`;
}
