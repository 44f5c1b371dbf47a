import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, until } from "./cluster.js";
import type { Machine } from "./machine.js";

/** What happens to a machine or to all of them, and how it is mended. */
interface Fault {
  /** Another primary takes over, on another timeline; otherwise the run counts as none. */
  readonly replacesPrimary: boolean;
  /** The primary does not hand over what it has: with asynchronous replication the last moments may be lost. */
  readonly isSudden: boolean;
  strike(at: Struck): Promise<void>;
  mend(at: Struck): Promise<void>;
}

interface Struck {
  readonly cluster: Cluster;
  readonly leader: Machine;
  readonly standby: Machine;
}

const nothing = async (): Promise<void> => undefined;

export const FAULTS = {
  "primary killed": {
    replacesPrimary: true,
    isSudden: true,
    strike: ({ leader }) => leader.cutPower(),
    mend: ({ leader }) => leader.boot(),
  },
  "primary frozen and thawed": {
    replacesPrimary: true,
    isSudden: true,
    strike: async ({ leader }) => leader.freeze(),
    mend: async ({ leader }) => leader.thaw(),
  },
  "primary silent": {
    replacesPrimary: true,
    isSudden: true,
    strike: ({ leader }) => leader.silence(),
    mend: ({ leader }) => leader.hear(),
  },
  switchover: {
    replacesPrimary: true,
    isSudden: false,
    strike: ({ cluster, leader, standby }) => cluster.switchOver(leader, standby),
    mend: nothing,
  },
  "etcd lost": {
    replacesPrimary: true,
    isSudden: false,
    async strike({ cluster }) {
      for (const machine of cluster.machines) machine.freeze("/usr/bin/etcd");
      await until("the primary steps down", async () => (await cluster.leader()) === undefined);
      await sleep(2000);
      for (const machine of cluster.machines) machine.thaw();
    },
    mend: nothing,
  },
  "standby frozen and thawed": {
    replacesPrimary: false,
    isSudden: false,
    strike: async ({ standby }) => standby.freeze(),
    mend: async ({ standby }) => standby.thaw(),
  },
  "standby silent": {
    replacesPrimary: false,
    isSudden: false,
    strike: ({ standby }) => standby.silence(),
    mend: ({ standby }) => standby.hear(),
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
