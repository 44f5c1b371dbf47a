import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { encodeRequest, type Request, readAnswers } from "./frames.js";
import type { ServiceOrder, Usage } from "./service-process.js";

/** An issuer service in a process of its own, with the load coming through a pipe. */
export interface Service {
  /** Presents one request. @throws when it is not paid */
  present(request: Request): Promise<void>;
  usage(): Promise<Usage>;
  /** Ends it once everything in flight is durable. */
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("service-process.js", import.meta.url));

/** As docs/systemd/chequecard-issuer.service starts it. */
const AS_THE_UNIT_DOES = ["--max-old-space-size=512", "--v8-pool-size=1"];

/** Starts a service over a database and a key file that exist. */
export async function startService(order: ServiceOrder): Promise<Service> {
  const child = fork(PROGRAM, [JSON.stringify(order)], {
    stdio: ["pipe", "pipe", "inherit", "ipc"],
    execArgv: AS_THE_UNIT_DOES,
  });
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const exited = once(child, "exit");
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error("the service ended"));
  });
  child.stdout?.on(
    "data",
    readAnswers((id, reason) => {
      const waiter = waiting.get(id);
      waiting.delete(id);
      if (reason === undefined) waiter?.resolve();
      else waiter?.reject(new Error(`refused with reason ${reason}`));
    }),
  );
  await answer(child);
  return {
    present: (request) =>
      new Promise((resolve, reject) => {
        waiting.set(request.id, { resolve, reject });
        child.stdin?.write(encodeRequest(request));
      }),
    async usage() {
      child.send("usage");
      return (await answer(child)) as Usage;
    },
    async close() {
      child.stdin?.end();
      await exited;
    },
  };
}

/** The next message of the process. */
async function answer(child: ChildProcess): Promise<unknown> {
  const gone = once(child, "exit").then(() => {
    throw new Error("the service ended");
  });
  const [message] = await Promise.race([once(child, "message"), gone]);
  return message;
}
