import { type ChildProcess, fork } from "node:child_process";
import type { Caller, Link } from "./channel.js";

/** The link to the process that started this one. It ends this process when that one is gone. */
export function parentLink(): Link {
  return {
    send: (message) => void process.send?.(message),
    onMessage: (handler) => void process.on("message", handler),
    onGone: (handler) => void process.on("disconnect", handler),
  };
}

/** A process started for the proof. */
export interface Started {
  readonly child: ChildProcess;
  readonly link: Link;
  /** Resolves when it has ended, and everything that it said before has been heard. */
  readonly ended: Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

/** Starts a JavaScript file with one argument as JSON. @param env beside the environment of this process */
export function start(program: string, order: unknown, env: NodeJS.ProcessEnv = {}): Started {
  const child = fork(program, [JSON.stringify(order)], {
    serialization: "advanced",
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  const heard = (event: "exit" | "disconnect") =>
    new Promise<void>((done) => child.once(event, () => done()));
  const ended = Promise.all([heard("exit"), heard("disconnect")]).then(() => undefined);
  return {
    child,
    ended,
    link: {
      // A process that is being killed takes no more messages; its end is reported by onGone.
      send: (message) => void (child.connected && child.send(message as object, () => undefined)),
      onMessage: (handler) => void child.on("message", handler),
      onGone: (handler) => void child.once("exit", handler),
    },
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** Resolves when a process has announced that it is up; rejects when it ends before. */
export const untilUp = ({ ended }: Started, caller: Caller): Promise<void> =>
  new Promise((up, fail) => {
    caller.on("up", () => up());
    void ended.then(() => fail(new Error("the process ended before it was up")));
  });
