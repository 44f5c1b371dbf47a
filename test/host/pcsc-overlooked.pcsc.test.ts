import { once } from "node:events";
import { join } from "node:path";
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

it("a card that the watching thread overlooks is found, and its removal is seen", async () => {
  const reader = readers.find(FIRST.name);
  await reader.waitForRemoval();
  const holding = once(proxy, "message");
  proxy.postMessage("hold");
  await holding;
  const held = once(proxy, "message");
  const card = await CardStub.insert(FIRST, () => Uint8Array.of(0x90, 0x00));
  await held;
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
