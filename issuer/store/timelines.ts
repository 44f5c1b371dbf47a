import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "../../common/durable-file.js";
import { systemReason } from "../../common/index.js";
import { StoreError } from "./errors.js";
import type { ServerPosition } from "./postgres-session.js";

/** Remembers the highest timeline of each database cluster: a server with a lower one was replaced. */
export interface TimelineMemory {
  /** 0 where none was seen. */
  highest(system: string): bigint;
  /** @throws StoreError when it cannot be kept */
  saw(position: ServerPosition): void;
}

const LINE = /^(\d{1,20}) (\d{1,10})$/;

/**
 * The memory of all processes with this file. Each rise is one line at its end, synced, so that processes cannot undo
 * what another saw; a line that a power cut left half is not read.
 * @param path of the file; without one the memory ends with the process
 */
export function timelineMemory(path?: string): TimelineMemory {
  const highest = new Map<string, bigint>();
  const raise = ({ system, timeline }: ServerPosition) => {
    if (timeline > (highest.get(system) ?? 0n)) highest.set(system, timeline);
  };
  const load = () => {
    if (path === undefined || !existsSync(path)) return;
    for (const line of readFileSync(path, "latin1").split("\n")) {
      const [, system, timeline] = LINE.exec(line) ?? [];
      if (system && timeline) raise({ system, timeline: BigInt(timeline) });
    }
  };
  load();
  return {
    highest: (system) => highest.get(system) ?? 0n,
    saw(position) {
      try {
        load();
        if (path !== undefined && position.timeline > (highest.get(position.system) ?? 0n))
          append(path, position);
      } catch (cause) {
        throw new StoreError("io", `${path}: the server's timeline cannot be kept (${systemReason(cause)})`, {
          cause,
        });
      }
      raise(position);
    },
  };
}

function append(path: string, { system, timeline }: ServerPosition): void {
  const file = openSync(path, "a", 0o600);
  try {
    // Begins a line of its own, whatever a power cut left.
    writeSync(file, `\n${system} ${timeline}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(dirname(path));
}
