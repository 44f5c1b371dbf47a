import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { GroupCommit, type GroupOptions } from "../../issuer/authorizer/group-commit.js";

interface Run {
  readonly jobs: readonly string[];
  readonly end: (error?: Error) => void;
}

/** Groups that run until the test ends them. A job's key is its first letter. */
function groups(options: Partial<GroupOptions<string, string>> = {}) {
  const runs: Run[] = [];
  let now = 0;
  const commit = new GroupCommit<string, string>({
    keys: (job) => [job.charAt(0)],
    maxBatch: 10,
    retryAlone: () => false,
    patienceMs: 1,
    maxGroups: 2,
    monotonic: () => now,
    run: (jobs) =>
      new Promise((resolve, reject) => {
        runs.push({
          jobs,
          end: (error) => (error ? reject(error) : resolve(jobs.map((job) => `done ${job}`))),
        });
      }),
    ...options,
  });
  const started = async (count: number): Promise<Run> => {
    for (let looks = 0; runs.length < count; looks++) {
      if (looks === 2000) throw new Error(`group ${count} is not run`);
      await sleep(5);
    }
    return runs[count - 1] as Run;
  };
  return { commit, started, runs, pass: (ms: number) => (now += ms) };
}

describe("jobs that are committed in groups", () => {
  it("of other keys go on beside a group that takes long, those of its keys wait for it", async () => {
    const { commit, started, runs } = groups();
    const a1 = commit.submit("a1");
    const first = await started(1);
    const [a2, b1] = [commit.submit("a2"), commit.submit("b1")];
    const second = await started(2);
    expect(second.jobs).toEqual(["b1"]);
    second.end();
    expect(await b1).toBe("done b1");
    const c1 = commit.submit("c1");
    (await started(3)).end();
    expect(await c1).toBe("done c1");
    expect(runs.flatMap(({ jobs }) => jobs)).toEqual(["a1", "b1", "c1"]);
    first.end();
    expect(await a1).toBe("done a1");
    (await started(4)).end();
    expect(await a2).toBe("done a2");
    await commit.idle();
  });

  it("no more than the most groups run at once, and one that fails fails its own jobs alone", async () => {
    const { commit, started, runs } = groups();
    const a = commit.submit("a");
    const first = await started(1);
    const b = commit.submit("b");
    const second = await started(2);
    const c = commit.submit("c");
    // Longer than the patience, for all that a busy machine does to timers: nothing else may start.
    await sleep(50);
    expect(runs).toHaveLength(2);
    first.end(new Error("lost"));
    await expect(a).rejects.toThrow("lost");
    (await started(3)).end();
    expect(await c).toBe("done c");
    second.end();
    expect(await b).toBe("done b");
    await commit.idle();
  });

  it("a job that is handed in by the answer to another is run", async () => {
    const { commit, started } = groups({ maxGroups: 1 });
    const chained = commit.submit("a").then(() => commit.submit("b"));
    (await started(1)).end();
    (await started(2)).end();
    expect(await chained).toBe("done b");
  });

  it("the oldest that is not done has its age, running or waiting", async () => {
    const { commit, started, pass } = groups({ maxGroups: 1 });
    expect(commit.waitedMs()).toBe(0);
    const a1 = commit.submit("a1");
    const first = await started(1);
    pass(700);
    const a2 = commit.submit("a2");
    pass(50);
    expect(commit.waitedMs()).toBe(750);
    first.end();
    await a1;
    const second = await started(2);
    expect(commit.waitedMs()).toBe(50);
    second.end();
    await a2;
    await commit.idle();
    expect(commit.waitedMs()).toBe(0);
  });
});
