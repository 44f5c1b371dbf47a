import { sendLate } from "./people.js";
import type { World } from "./world.js";

const DAY_MS = 24 * 3_600_000;

/** Keeps doing harm to machines, lines and clocks until the faults end. */
export function mischief(world: World): Promise<unknown> {
  return Promise.all([
    kills(world),
    lines(world),
    outages(world),
    clocks(world),
    disks(world),
    replays(world),
  ]);
}

const until = async (world: World, everyMs: number, strike: () => Promise<void> | void): Promise<void> => {
  while (world.faults.on) {
    await world.time.sleep(1 + world.random.below(2 * everyMs));
    if (world.faults.on) await strike();
  }
};

/** The service is killed at any moment, and a dead one is started again. */
function kills(world: World): Promise<unknown> {
  const { faults, time, random } = world;
  const killing = until(world, 60_000, () => {
    if (faults.strikes("issuer killed", 2)) random.pick(world.issuers).kill();
    if (faults.strikes("terminal killed", 2)) random.pick(world.counters).process?.kill();
  });
  const reviving = until(world, 10_000, async () => {
    const dead = world.stations.filter(({ issuer }) => issuer.life.isOver);
    if (dead.length === 0) return;
    await time.sleep(random.below(30_000));
    await world.startIssuer(random.pick(dead));
  });
  return Promise.all([killing, reviving]);
}

/** The connection between the nodes breaks. */
function lines(world: World): Promise<void> {
  return until(world, 30_000, () => {
    if (world.faults.strikes("disconnects", 2)) world.merchant.disconnect(world.payer);
  });
}

/** A node is away for a while. */
function outages(world: World): Promise<void> {
  const { faults, random, time } = world;
  return until(world, 100_000, async () => {
    const node = random.pick([world.merchant, world.payer]);
    if (!faults.strikes("node outages", 2)) return;
    node.isDown = true;
    node.disconnectAll();
    await time.sleep(random.below(90_000));
    node.isDown = false;
  });
}

/** A clock jumps by a day, and after a while back. */
function clocks(world: World): Promise<void> {
  const { faults, random, time } = world;
  return until(world, 120_000, async () => {
    const clock = random.pick(world.clocks);
    if (!faults.strikes("clock jumps", 2)) return;
    clock.offset = random.pick([-DAY_MS, DAY_MS]);
    await time.sleep(random.below(200_000));
    clock.offset = 0;
  });
}

/** The disk of the ledger is full for a while. */
function disks(world: World): Promise<void> {
  const { faults, random, time } = world;
  return until(world, 120_000, async () => {
    const { issuer } = world;
    if (issuer.life.isOver || !faults.strikes("ledger's disk full", 2)) return;
    await issuer.fillDisk(true);
    await time.sleep(random.below(30_000));
    if (!issuer.life.isOver) await issuer.fillDisk(false);
  });
}

/** Requests of earlier are sent again. */
function replays(world: World): Promise<void> {
  const { faults, random, requests } = world;
  return until(world, 40_000, () => {
    if (requests.size > 0 && faults.strikes("requests sent again", 2))
      sendLate(world, random.pick([...requests.values()]));
  });
}
