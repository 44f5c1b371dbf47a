import { describe, expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";
import { postgresBinaries } from "../../testing/postgres/server.js";
import { runSystemFaults } from "../system-faults/campaign.js";
import { runSimulation } from "../system-faults/run.js";
import { StandstillError, VirtualTime } from "../system-faults/virtual-time.js";

const directory = newFolder();

describe("the whole system under faults", () => {
  it("keeps every msat, on both databases", async () => {
    const options = { seed: 816, budget: { seconds: Number.POSITIVE_INFINITY, units: 4 } };
    const { failures, units, counts } = await runSystemFaults(options);
    expect(failures).toEqual([]);
    expect(units).toBe(4);
    expect(counts["runs on SQLite"]).toBe(postgresBinaries() ? 3 : 4);
    expect(counts["runs on PostgreSQL, two services"]).toBe(postgresBinaries() ? 1 : undefined);
    for (const what of ["issuer killed", "terminal killed", "cards torn", "messages lost", "clock jumps"])
      expect(counts[what], what).toBeGreaterThan(3);
    if (postgresBinaries()) expect(counts["statements failed by the server"]).toBeGreaterThan(3);
    for (const what of ["sales paid", "sales cancelled", "authorizations settled", "authorizations void"])
      expect(counts[what], what).toBeGreaterThan(10);
  });

  it("is the same again from the same seed", async () => {
    const first = await runSimulation(43, directory);
    expect(first.problems).toEqual([]);
    expect(await runSimulation(43, directory)).toEqual(first);
  });
});

describe("virtual time", () => {
  it("passes only when nothing else can happen, and in order", async () => {
    const time = new VirtualTime();
    const order: string[] = [];
    await time.run(90_000_000, async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, 86_400_000)).then(() =>
        order.push("day"),
      );
      const never = setTimeout(() => order.push("never"), 10);
      clearTimeout(never);
      await time.sleep(5);
      order.push(`${time.now} ms`);
      await late;
    });
    expect(order).toEqual(["5 ms", "day"]);
    expect(time.now).toBe(86_400_000);
  });

  it("says when nothing will ever happen, or not in time", async () => {
    const time = new VirtualTime();
    await expect(time.run(10, () => new Promise(() => undefined))).rejects.toThrow(StandstillError);
    await expect(time.run(10, () => time.sleep(11))).rejects.toThrow("not done within 10 ms");
    expect(setTimeout(() => undefined, 0)).toHaveProperty("hasRef");
  });
});
