import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The switch between the machines, in the network namespace of this process. */
const BRIDGE = "switch0";
/** Folders that are a machine's own, and outlast its power. */
const FOLDERS = ["/etc/default", "/etc/patroni", "/var/lib/etcd", "/var/lib/postgresql", "/run/postgresql"];
/** States of a bridge's port (ip-link(8)): frames are dropped without a word, or pass. */
const PORT = { silent: "0", open: "3" } as const;

/** The switch, and this process's own address at it. */
export async function makeSwitch(address: string): Promise<void> {
  await run("ip", ["link", "set", "lo", "up"]);
  await run("ip", ["link", "add", BRIDGE, "type", "bridge"]);
  await run("ip", ["address", "add", `${address}/24`, "dev", BRIDGE]);
  await run("ip", ["link", "set", BRIDGE, "up"]);
}

/** Owner of a Debian package's folder. */
function userId(name: string): { uid: number; gid: number } {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((entry) => entry.split(":"))
    .find(([user]) => user === name);
  return { uid: Number.parseInt(line?.[2] ?? "", 10), gid: Number.parseInt(line?.[3] ?? "", 10) };
}

/**
 * A machine in namespaces of its own (network, processes, mounts) with a disk that outlasts its power. Its first process
 * ends when this process ends, and everything on it with that.
 */
export class Machine {
  readonly name: string;
  readonly address: string;
  readonly #disk: string;
  readonly #start: string;
  readonly #port: string;
  #holder: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  /** @param start shell commands that start its services in the background */
  constructor(name: string, address: string, disk: string, start: string) {
    this.name = name;
    this.address = address;
    this.#disk = disk;
    this.#start = start;
    this.#port = `port-${name}`;
    for (const folder of FOLDERS) mkdirSync(join(disk, folder), { recursive: true });
    for (const [folder, user] of [
      ["/var/lib/etcd", "etcd"],
      ["/var/lib/postgresql", "postgres"],
      ["/run/postgresql", "postgres"],
    ] as const) {
      const { uid, gid } = userId(user);
      chownSync(join(disk, folder), uid, gid);
    }
  }

  /** Switches it on. @param script run before its services start */
  async boot(script = ""): Promise<void> {
    const holder = spawn(
      "unshare",
      ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-s"],
      { stdio: ["pipe", "ignore", "ignore"], cwd: "/" },
    );
    this.#holder = holder;
    this.#ended = new Promise((resolve) => holder.once("exit", resolve));
    const inner = `inner-${this.name}`;
    while (!this.#isUnshared(holder)) await sleep(10);
    await run("ip", ["link", "add", this.#port, "type", "veth", "peer", "name", inner]);
    await run("ip", ["link", "set", inner, "netns", String(holder.pid)]);
    await run("ip", ["link", "set", this.#port, "master", BRIDGE, "up"]);
    holder.stdin?.write(`set -e
      for folder in ${FOLDERS.join(" ")}; do mount --bind ${this.#disk}$folder $folder; done
      ip link set lo up
      ip address add ${this.address}/24 dev ${inner}
      ip link set ${inner} up
      export NAME=${this.name} ADDRESS=${this.address}
      set +e
      ${script}
      ${this.#start}
    `);
  }

  /** Runs shell commands on it. @returns what they print @throws Error when they fail */
  async run(script: string): Promise<string> {
    const into = ["--target", String(this.#first), "--net", "--mount", "--pid"];
    const named = `export NAME=${this.name} ADDRESS=${this.address}\n${script}`;
    const { stdout } = await run("nsenter", [...into, "bash", "-euc", named]);
    return stdout;
  }

  /** Cuts its power. */
  async cutPower(): Promise<void> {
    process.kill(this.#first, "SIGKILL");
    await this.#ended;
    this.#holder = undefined;
  }

  /** Stops everything on it where it is, or those of its processes whose command has this text. */
  freeze(command = ""): void {
    this.#signal("SIGSTOP", command);
  }

  thaw(): void {
    this.#signal("SIGCONT", "");
  }

  /** What it sends and gets is lost without a word. */
  async silence(): Promise<void> {
    await run("bridge", ["link", "set", "dev", this.#port, "state", PORT.silent]);
  }

  async hear(): Promise<void> {
    await run("bridge", ["link", "set", "dev", this.#port, "state", PORT.open]);
  }

  /** Process number of its first process, as it is here. */
  get #first(): number {
    const pid = this.#holder?.pid;
    const child = Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1"), 10);
    if (!(child > 1)) throw new Error(`${this.name} is not running`);
    return child;
  }

  #isUnshared({ pid }: ChildProcess): boolean {
    try {
      const own = readlinkSync("/proc/self/ns/net");
      return readlinkSync(`/proc/${pid}/ns/net`) !== own && this.#first > 1;
    } catch {
      return false;
    }
  }

  #signal(signal: "SIGSTOP" | "SIGCONT", command: string): void {
    const space = readlinkSync(`/proc/${this.#first}/ns/pid`);
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const isIts = readlinkSync(`/proc/${name}/ns/pid`) === space;
        if (isIts && readFileSync(`/proc/${name}/cmdline`, "latin1").includes(command))
          process.kill(Number.parseInt(name, 10), signal);
      } catch {
        // It ended meanwhile.
      }
    }
  }
}
