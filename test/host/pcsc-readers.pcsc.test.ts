import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listReaders, openReaders, type PcscReaders } from "../../host/pcsc/index.js";
import { gone } from "../../testing/processes/gone.js";
import { bundlePcsc } from "../pcscd/bundle.js";
import { ATR_T0, ATR_T1, type Behaviour, CardStub, SLOTS } from "../pcscd/card-stub.js";

const SELECT = Uint8Array.from(Buffer.from("00a4040007f043484551554500", "hex"));
const OK = Uint8Array.of(0x90, 0x00);
const answerOk: Behaviour = () => OK;
const run = promisify(execFile);
const [FIRST, SECOND] = SLOTS;

const PATIENCE_MS = 100_000;

let readers: PcscReaders;
const cards: CardStub[] = [];

async function insert(...args: Parameters<typeof CardStub.insert>): Promise<CardStub> {
  const card = await CardStub.insert(...args);
  cards.push(card);
  return card;
}

beforeEach(async () => {
  // A program that has ended may hold its card until pcscd notices.
  readers = await openReaders({ timeouts: { sharing: PATIENCE_MS } });
});

afterEach(async () => {
  for (const card of cards.splice(0)) card.remove();
  await Promise.all(readers.list().map((reader) => reader.waitForRemoval()));
  await readers.close();
});

describe("readers", () => {
  it("lists both slots of the virtual reader, in a process that ends by itself", async () => {
    const listed = await listReaders();
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(SLOTS.map(({ name }) => name)));
    expect(listed.find(({ name }) => name === FIRST.name)).toMatchObject({ card: "none", inUse: false });
  });

  it("finds by exact name and by part, and lists what is there otherwise", () => {
    expect(readers.find(FIRST.name).name).toBe(FIRST.name);
    expect(readers.find("pcd 00 01").name).toBe(SECOND.name);
    expect(() => readers.find("Omnikey")).toThrow(
      expect.objectContaining({ code: "no-reader", message: expect.stringContaining(FIRST.name) }),
    );
    expect(() => readers.find("Virtual PCD")).toThrow(expect.objectContaining({ code: "no-reader" }));
  });

  it("shows what lies on a reader and who uses it", async () => {
    const reader = readers.find(FIRST.name);
    await insert(FIRST, answerOk);
    const connection = await reader.waitForCard();
    const listed = await listReaders();
    expect(listed.find(({ name }) => name === FIRST.name)).toMatchObject({
      card: "present",
      exclusive: true,
      atr: ATR_T1,
    });
    await connection.close();
  });
});

describe("a connection", () => {
  it("waits for a card that comes later, transmits, and resets the card at the end", async () => {
    const reader = readers.find(FIRST.name);
    const waiting = reader.waitForCard();
    const card = await insert(FIRST, (command) => Uint8Array.of(command.length, 0x90, 0x00));
    const connection = await waiting;
    expect(connection.protocol).toBe("T=1");
    expect(connection.atr).toEqual(ATR_T1);
    expect(await connection.transmit(SELECT)).toEqual(Uint8Array.of(SELECT.length, 0x90, 0x00));
    expect(card.commands).toEqual([SELECT]);
    const before = card.resets;
    await connection.close();
    await connection.close();
    expect(card.resets).toBe(before + 1);
    await expect(connection.transmit(SELECT)).rejects.toMatchObject({ code: "closed" });
  });

  it("takes the longest short response", async () => {
    const long = new Uint8Array(258).fill(0x5a);
    await insert(FIRST, () => long);
    const connection = await readers.find(FIRST.name).waitForCard();
    expect(await connection.transmit(SELECT)).toEqual(long);
    await connection.close();
  });

  it("speaks T=0 with a T=0 card", async () => {
    const card = await insert(FIRST, answerOk, ATR_T0);
    const connection = await readers.find(FIRST.name).waitForCard();
    expect(connection.protocol).toBe("T=0");
    await connection.transmit(SELECT);
    expect(card.commands).toEqual([SELECT.subarray(0, -1)]);
    await connection.close();
  });

  it("refuses what is no short APDU before the card sees it", async () => {
    const card = await insert(FIRST, answerOk);
    const connection = await readers.find(FIRST.name).waitForCard();
    for (const length of [0, 3, 262])
      await expect(connection.transmit(new Uint8Array(length))).rejects.toMatchObject({ code: "value" });
    expect(card.commands).toEqual([]);
    await connection.close();
  });

  it("does commands sent at once one after another", async () => {
    await insert(FIRST, (command) => Uint8Array.of(command[3] ?? 0, 0x90, 0x00));
    const connection = await readers.find(FIRST.name).waitForCard();
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((p2) => connection.transmit(Uint8Array.of(0x80, 0x30, 0, p2))),
    );
    expect(answers.map(([first]) => first)).toEqual([1, 2, 3, 4, 5]);
    await connection.close();
  });

  it("two readers at the same time", async () => {
    const tap = async (slot: (typeof SLOTS)[number], mark: number): Promise<number[]> => {
      const reader = readers.find(slot.name);
      const waiting = reader.waitForCard();
      await insert(slot, () => Uint8Array.of(mark, 0x90, 0x00));
      const connection = await waiting;
      const marks: number[] = [];
      for (let i = 0; i < 50; i++) marks.push((await connection.transmit(SELECT))[0] ?? 0);
      await connection.close();
      return marks;
    };
    const [first, second] = await Promise.all([tap(FIRST, 1), tap(SECOND, 2)]);
    expect(first).toEqual(Array(50).fill(1));
    expect(second).toEqual(Array(50).fill(2));
  });
});

describe("waiting", () => {
  it("for a card can be given up, and the reader stays usable", async () => {
    const reader = readers.find(FIRST.name);
    const controller = new AbortController();
    const waiting = reader.waitForCard(controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
    await insert(FIRST, answerOk);
    const connection = await reader.waitForCard();
    expect(await connection.transmit(SELECT)).toEqual(OK);
    await connection.close();
  });

  it("given up while it connects, it lets go of the card", async () => {
    const reader = readers.find(FIRST.name);
    await insert(FIRST, answerOk);
    await (await reader.waitForCard()).close();
    const controller = new AbortController();
    const waiting = reader.waitForCard(controller.signal);
    setImmediate(() => controller.abort());
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
    const connection = await reader.waitForCard();
    expect(await connection.transmit(SELECT)).toEqual(OK);
    await connection.close();
  });

  it("for removal ends when the card goes, and at once when there is none", async () => {
    const reader = readers.find(FIRST.name);
    await reader.waitForRemoval();
    const card = await insert(FIRST, answerOk);
    await (await reader.waitForCard()).close();
    const removal = reader.waitForRemoval();
    card.remove();
    await removal;
    expect(reader.state.card).toBe("none");
  });

  it("ends when the readers are closed while it connects, and the card is free", async () => {
    await insert(FIRST, answerOk);
    const other = await openReaders();
    const reader = other.find(FIRST.name);
    await (await reader.waitForCard()).close();
    const waiting = reader.waitForCard();
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: "closed" }), other.close()]);
    const connection = await readers.find(FIRST.name).waitForCard();
    expect(await connection.transmit(SELECT)).toEqual(OK);
    await connection.close();
  });

  it("ends when the readers are closed, also right after an event", async () => {
    const reader = readers.find(FIRST.name);
    const card = await insert(FIRST, answerOk);
    await (await reader.waitForCard()).close();
    card.remove();
    await reader.waitForRemoval();
    const waiting = reader.waitForCard();
    const closing = readers.close();
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
    await closing;
    expect(() => readers.find()).toThrow(expect.objectContaining({ code: "closed" }));
    expect(readers.list()).toEqual([]);
  });
});

describe("exclusive use", () => {
  it("another program cannot reach the card while we use it, and can afterwards", async () => {
    const reader = readers.find(FIRST.name);
    await insert(FIRST, answerOk);
    const connection = await reader.waitForCard();
    const other = () => run("opensc-tool", ["--reader", FIRST.name, "--send-apdu", "00A4040000"]);
    await expect(other()).rejects.toMatchObject({ code: expect.any(Number) });
    await connection.close();
    expect((await other()).stdout).toContain("SW1=0x90");
  });

  it("names the program that holds the card", async () => {
    const hasty = await openReaders({ timeouts: { sharing: 300 } });
    await insert(FIRST, answerOk);
    const holder = await holdInAnotherProcess(FIRST.name);
    try {
      const error = await hasty
        .find(FIRST.name)
        .waitForCard()
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: "sharing-violation",
        message: expect.stringContaining(`(process ${holder.pid})`),
      });
    } finally {
      holder.kill();
      await gone(holder);
      await hasty.close();
    }
    const connection = await readers.find(FIRST.name).waitForCard();
    await connection.close();
  });

  it("says so when it is this program itself", async () => {
    const reader = readers.find(FIRST.name);
    await insert(FIRST, answerOk);
    const connection = await reader.waitForCard();
    await expect(reader.waitForCard()).rejects.toMatchObject({
      code: "sharing-violation",
      message: expect.stringContaining("This program already uses"),
    });
    await connection.close();
  });

  it("waits out a program that opens the card only for a moment", async () => {
    const reader = readers.find(FIRST.name);
    await insert(FIRST, answerOk);
    await expect.poll(() => reader.state.card).toBe("present");
    const holder = await holdInAnotherProcess(FIRST.name);
    const waiting = reader.waitForCard();
    await sleep(50);
    holder.kill();
    const connection = await waiting;
    expect(await connection.transmit(SELECT)).toEqual(OK);
    await connection.close();
  });
});

/** A second program that connects to the card, shared, and keeps the connection. */
async function holdInAnotherProcess(name: string) {
  const pcsclite = createRequire(import.meta.resolve("nfc-pcsc")).resolve("@pokusew/pcsclite");
  const script = `
    const monitor = require(${JSON.stringify(pcsclite)})();
    monitor.on("reader", (reader) => reader.name === ${JSON.stringify(name)} && reader.on("status", ({ state }) => {
      if ((state & reader.SCARD_STATE_PRESENT) && !reader.connected)
        reader.connect({ share_mode: reader.SCARD_SHARE_SHARED }, (error) => error ? process.exit(1) : process.stdout.write("held"));
    }));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const early = new AbortController();
  child.once("exit", () => early.abort(new Error("the holder ended without the card")));
  await once(child.stdout, "data", { signal: early.signal });
  return child;
}

describe("the process", () => {
  it("ends by itself after close, with a card on the reader", async () => {
    await insert(FIRST, answerOk);
    const bundle = await bundlePcsc();
    const script = `
      import { openReaders } from ${JSON.stringify(bundle)};
      const readers = await openReaders();
      const connection = await readers.find(${JSON.stringify(FIRST.name)}).waitForCard();
      console.log((await connection.transmit(new Uint8Array(5))).length);
      await readers.close();`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
    expect(stdout).toBe("2\n");
  });
});
