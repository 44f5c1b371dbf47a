import { on, once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openReaders, type PcscReaders } from "../../host/pcsc/index.js";
import { newFolder } from "../../testing/hooks.js";
import { ATR_T1, CardStub, SLOTS } from "../pcscd/card-stub.js";

const DEFAULT_SOCKET = "/run/pcscd/pcscd.comm";
const SELECT = Uint8Array.of(0, 0xa4, 4, 0);
const [FIRST] = SLOTS;

let directory: string;
let proxy: Worker;
let readers: PcscReaders;

beforeAll(async () => {
  directory = newFolder();
  const service = process.env.PCSCLITE_CSOCK_NAME ?? DEFAULT_SOCKET;
  const socket = join(directory, "pcscd.comm");
  proxy = new Worker(new URL("../pcscd/service-proxy.mjs", import.meta.url), {
    workerData: { service, socket },
  });
  await once(proxy, "message");
  process.env.PCSCLITE_CSOCK_NAME = socket;
  readers = await openReaders();
});
afterAll(async () => {
  await readers?.close();
  await proxy?.terminate();
});

it("a card laid down before pcscd has seen the last one go is found, each time", async () => {
  const reader = readers.find(FIRST.name);
  await reader.waitForRemoval();
  let card = await CardStub.insert(FIRST, () => Uint8Array.of(0, 0x90, 0x00));
  for (let round = 1; round <= 6; round++) {
    const connection = await reader.waitForCard();
    expect(await connection.transmit(SELECT)).toEqual(Uint8Array.of(round - 1, 0x90, 0x00));
    card.remove();
    await connection.close();
    card = await CardStub.insert(FIRST, () => Uint8Array.of(round, 0x90, 0x00));
  }
  card.remove();
  await reader.waitForRemoval();
});

it("a card laid down at once after one that was taken from an open connection is found", async () => {
  const reader = readers.find(FIRST.name);
  let card = await CardStub.insert(FIRST, () => Uint8Array.of(0, 0x90, 0x00));
  for (let round = 1; round <= 3; round++) {
    // pcscd would take note of the card by itself within a minute.
    const connection = await reader.waitForCard(AbortSignal.timeout(30_000));
    // It looks at the reader every 0.4 s, and reports that somebody uses it, and that nobody does any more.
    await sleep(600);
    card.remove();
    await connection.close();
    card = await CardStub.insert(FIRST, () => Uint8Array.of(round, 0x90, 0x00));
  }
  card.remove();
  await reader.waitForRemoval();
});

/**
 * From now on the watching thread gets what it knows already, until something connects.
 * @returns resolves once so many insertions and removals were held back
 */
async function hold(): Promise<(events: number) => Promise<void>> {
  const messages = on(proxy, "message");
  proxy.postMessage("hold");
  for (;;) if ((await messages.next()).value[0] === "holding") break;
  const held = new Set<string>();
  return async (events) => {
    while (held.size < events) held.add((await messages.next()).value[0]);
  };
}

it("a card that the watching thread overlooks is found, and its removal is seen", async () => {
  const reader = readers.find(FIRST.name);
  await reader.waitForRemoval();
  const held = await hold();
  const card = await CardStub.insert(FIRST, () => Uint8Array.of(0x90, 0x00));
  await held(1);
  expect(reader.state.card).toBe("none");
  const connection = await reader.waitForCard();
  expect(connection.atr).toEqual(ATR_T1);
  expect(await connection.transmit(SELECT)).toEqual(Uint8Array.of(0x90, 0x00));
  await connection.close();
  expect(reader.state.card).toBe("present");
  const removal = reader.waitForRemoval();
  card.remove();
  await removal;
  expect(reader.state.card).toBe("none");
});

it("a removal that the watching thread overlooks is seen, and the next card found", async () => {
  const reader = readers.find(FIRST.name);
  await reader.waitForRemoval();
  const first = await CardStub.insert(FIRST, () => Uint8Array.of(0x90, 0x00));
  await (await reader.waitForCard()).close();
  await expect.poll(() => reader.state).toMatchObject({ card: "present", exclusive: false });
  const held = await hold();
  first.remove();
  await held(1);
  expect(reader.state.card).toBe("present");
  // libpcsclite asks by itself within a minute.
  await reader.waitForRemoval(AbortSignal.timeout(30_000));
  expect(reader.state.card).toBe("none");
  const next = await CardStub.insert(FIRST, () => Uint8Array.of(0x02, 0x90, 0x00));
  const connection = await reader.waitForCard();
  expect(await connection.transmit(SELECT)).toEqual(Uint8Array.of(0x02, 0x90, 0x00));
  await connection.close();
  next.remove();
  await reader.waitForRemoval();
});

it("a card that stays is not reset while its removal is waited for", async () => {
  const reader = readers.find(FIRST.name);
  const card = await CardStub.insert(FIRST, () => Uint8Array.of(0x90, 0x00));
  await (await reader.waitForCard()).close();
  const { resets } = card;
  const removal = reader.waitForRemoval().then(() => "taken");
  // Longer than two looks.
  expect(await Promise.race([removal, sleep(5_000, "lies there")])).toBe("lies there");
  expect(card.resets).toBe(resets);
  card.remove();
  expect(await removal).toBe("taken");
});

it("a card whose coming was overlooked is waited for until it goes", async () => {
  const reader = readers.find(FIRST.name);
  const first = await CardStub.insert(FIRST, () => Uint8Array.of(0x90, 0x00));
  await (await reader.waitForCard()).close();
  await expect.poll(() => reader.state).toMatchObject({ card: "present", exclusive: false });
  const held = await hold();
  first.remove();
  await held(1);
  const next = await CardStub.insert(FIRST, () => Uint8Array.of(0x02, 0x90, 0x00));
  await held(2);
  const connection = await reader.waitForCard();
  expect(await connection.transmit(SELECT)).toEqual(Uint8Array.of(0x02, 0x90, 0x00));
  await expect.poll(() => reader.state.exclusive).toBe(true);
  await connection.close();
  const removal = reader.waitForRemoval().then(() => "taken");
  expect(await Promise.race([removal, sleep(1_500, "lies there")])).toBe("lies there");
  next.remove();
  expect(await removal).toBe("taken");
});
