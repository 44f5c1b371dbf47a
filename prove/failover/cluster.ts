import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ScaleDocument } from "./document.js";
import { Machine, makeSwitch } from "./machine.js";

/** Whether a commit waits for a standby. */
export type Replication = "synchronous" | "asynchronous";

interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
}

/** Who is the primary and how far its log is. */
export interface Position {
  readonly leader: string;
  readonly timeline: number;
  /** In the write-ahead log, as PostgreSQL writes it. */
  readonly log: string;
}

export const showPosition = ({ leader, timeline, log }: Position): string =>
  `${leader}, timeline ${timeline}, ${log}`;

const PASSWORDS = ["SUPERUSER_PASSWORD", "REPLICATION_PASSWORD", "PATRONI_PASSWORD", "LEDGER_PASSWORD"];
const SERVICE_ADDRESS = "10.0.0.1";
/** In milliseconds: a cluster starts, or heals, on a machine that has much else to do. */
const PATIENCE_MS = 300_000;

/** Waits for a state of the world. @throws Error when it does not come */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  ms = PATIENCE_MS,
): Promise<T> {
  for (const end = performance.now() + ms; ; ) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited ${ms / 1000} s in vain: ${what}`);
    await sleep(200);
  }
}

const hexPosition = (location: number): string =>
  `${Math.floor(location / 2 ** 32).toString(16)}/${(location % 2 ** 32).toString(16)}`.toUpperCase();

/** Three machines, set up with the blocks of docs/scale.md, and HAProxy before them where the services run. */
export class Cluster {
  /** Of the ledger, through HAProxy. */
  readonly url = "postgresql://chequecard:LEDGER_PASSWORD@127.0.0.1:5000/ledger";
  readonly machines: readonly Machine[];
  readonly #document: ScaleDocument;
  readonly #folder: string;
  readonly #replication: Replication;
  #proxy: ChildProcess | undefined;

  /** @param folder on a fast disk, gone with the run */
  constructor(document: ScaleDocument, folder: string, replication: Replication) {
    this.#document = document;
    this.#folder = folder;
    this.#replication = replication;
    this.machines = ["db1", "db2", "db3"].map((name, i) => {
      const log = join(folder, `${name}.log`);
      const as = (user: string) =>
        `env HOME=/var/lib/${user === "etcd" ? "etcd" : "postgresql"} setpriv --reuid=${user} --regid=${user} --init-groups`;
      // What the units of Debian's packages do.
      const services = `
        (set -a; . /etc/default/etcd; exec ${as("etcd")} /usr/bin/etcd) </dev/null >>${log} 2>&1 &
        ${as("postgres")} /usr/bin/patroni /etc/patroni/config.yml </dev/null >>${log} 2>&1 &
      `;
      return new Machine(name, `10.0.0.${11 + i}`, join(folder, name), services);
    });
  }

  async start(): Promise<void> {
    await makeSwitch(SERVICE_ADDRESS);
    const passwords = PASSWORDS.map((name) => `export ${name}=${name}`).join("\n");
    const etcd = this.#document.writing("/etc/default/etcd");
    let patroni = this.#document.writing("/etc/patroni/config.yml");
    if (this.#replication === "asynchronous")
      patroni = patroni.replace(/(synchronous_mode(?:_strict)?): true/g, "$1: false");
    for (const machine of this.machines) await machine.boot(`${passwords}\n${etcd}\n${patroni}`);
    await this.healthy();
    const [first] = this.machines;
    await first?.run(`${passwords}\n${this.#document.with("create database ledger")}`);
    await this.#startProxy();
  }

  async #startProxy(): Promise<void> {
    const folder = join(this.#folder, "haproxy");
    mkdirSync(folder, { recursive: true });
    const script = `mount --bind ${folder} /etc/haproxy
      ${this.#document.writing("/etc/haproxy/haproxy.cfg")}
      exec setpriv --pdeathsig KILL haproxy -db -f /etc/haproxy/haproxy.cfg`;
    const log = openSync(join(this.#folder, "haproxy.log"), "a");
    this.#proxy = spawn("bash", ["-euc", script], { stdio: ["ignore", log, log] });
  }

  /** The members, as a machine that answers tells. */
  async members(): Promise<readonly Member[]> {
    for (const { address } of this.machines)
      try {
        const answer = await fetch(`http://${address}:8008/cluster`, { signal: AbortSignal.timeout(1500) });
        return ((await answer.json()) as { members: Member[] }).members;
      } catch {
        // It is gone, or silent.
      }
    return [];
  }

  /** The machine that says of itself that it is the primary. */
  async leader(): Promise<{ machine: Machine; position: Position } | undefined> {
    const asked = this.machines.map(async (machine) => {
      try {
        const answer = await fetch(`http://${machine.address}:8008/primary`, {
          signal: AbortSignal.timeout(1500),
        });
        if (answer.status !== 200) return undefined;
        const { timeline, xlog } = (await answer.json()) as {
          timeline: number;
          xlog?: { location: number };
        };
        const log = hexPosition(xlog?.location ?? 0);
        return { machine, position: { leader: machine.name, timeline, log } };
      } catch {
        return undefined;
      }
    });
    const leaders = (await Promise.all(asked)).filter((found) => found !== undefined);
    return leaders.sort((a, b) => b.position.timeline - a.position.timeline)[0];
  }

  /** Waits until three members run on one timeline, with a synchronous standby where there has to be one. */
  async healthy(): Promise<{ leader: Machine; standby: Machine; position: Position }> {
    return await until("the cluster is whole", async () => {
      const found = await this.leader();
      const members = await this.members();
      if (!found || members.length !== this.machines.length) return undefined;
      if (!members.every(({ state }) => state === "running" || state === "streaming")) return undefined;
      if (new Set(members.map(({ timeline }) => timeline)).size !== 1) return undefined;
      const role = this.#replication === "synchronous" ? "sync_standby" : "replica";
      const standby = members.find((member) => member.role === role)?.name;
      const machine = this.machines.find(({ name }) => name === standby);
      return machine && { leader: found.machine, standby: machine, position: found.position };
    });
  }

  /** Asks for another primary. */
  async switchOver(from: Machine, to: Machine): Promise<void> {
    const answer = await fetch(`http://${from.address}:8008/switchover`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from("patroni:PATRONI_PASSWORD").toString("base64")}` },
      body: JSON.stringify({ leader: from.name, candidate: to.name }),
    });
    if (!answer.ok) throw new Error(`switchover refused: ${answer.status} ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    this.#proxy?.kill("SIGKILL");
    for (const machine of this.machines) await machine.cutPower().catch(() => undefined);
  }
}
