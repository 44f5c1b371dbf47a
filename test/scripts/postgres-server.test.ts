import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { postgresBinaries, startPostgres } from "../../testing/postgres/server.js";
import { gone } from "../../testing/processes/gone.js";

it("a process that has ended is waited for no more, whether by a code, by a signal or never started", async () => {
  const byCode = spawn("true");
  const bySignal = spawn("sleep", ["600"]);
  const never = spawn("/nonexistent/program");
  await once(never, "error");
  await gone(never);
  const codes = [once(byCode, "exit"), once(bySignal, "exit")];
  bySignal.kill("SIGKILL");
  await Promise.all(codes);
  await gone(byCode);
  await gone(bySignal);
  expect([byCode.exitCode, bySignal.exitCode, bySignal.signalCode]).toEqual([0, null, "SIGKILL"]);
});

it.skipIf(postgresBinaries() === undefined)(
  "a database server of tests is stopped twice, and leaves nothing",
  async () => {
    const server = await startPostgres();
    await server.database();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(existsSync(server.data)).toBe(false);
  },
);
