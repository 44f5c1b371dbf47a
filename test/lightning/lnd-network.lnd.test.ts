import { join } from "node:path";
import { expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { startLndLine } from "../../testing/lnd/line.js";
import { payFrom } from "../../testing/lnd/pay.js";
import { eventually } from "../../testing/lnd/process.js";
import { runProgram } from "../../testing/programs.js";

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it("a network of lnd and btcd ends with the process that started it, also when that one is killed", async () => {
  const program = runProgram(await buildProgram("testing/lnd/network-program.ts"), [
    join(newFolder(), "net"),
  ]);
  const pids = (await program.line(1)).split(" ").map(Number);
  expect(pids.map(runs)).toEqual([true, true]);
  await program.end("SIGKILL");
  await eventually("btcd and lnd are gone", () => !pids.some(runs));
});

it("a payment crosses a line of three lnd", async () => {
  const { payer, recipient, stop } = await startLndLine();
  try {
    const { payment_request } = await recipient.post<{ payment_request: string }>("/v1/invoices", {
      value: "500",
    });
    const paid = await payFrom(payer, { payment_request });
    expect(paid).toMatchObject({ status: "SUCCEEDED" });
    expect(paid.htlcs.at(-1)?.route.hops).toHaveLength(2);
  } finally {
    await stop();
  }
});
