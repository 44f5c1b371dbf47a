import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TransportError } from "../../apdu/transport.js";
import { openReaders, type PcscReaders } from "../../host/pcsc/index.js";
import { bundlePcsc } from "../pcscd/bundle.js";
import { type Behaviour, CardStub, SLOTS } from "../pcscd/card-stub.js";
import { ensurePcscd, isPrivate, killPcscd, startPcscd } from "../pcscd/private-pcscd.js";

const SELECT = Uint8Array.from(Buffer.from("00a4040007f043484551554500", "hex"));
const OK = Uint8Array.of(0x90, 0x00);
const answerOk: Behaviour = () => OK;
const [FIRST] = SLOTS;

let readers: PcscReaders;
beforeEach(async () => {
  readers = await openReaders();
  await Promise.all(readers.list().map((reader) => reader.waitForRemoval()));
});
afterEach(() => readers.close());

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: TransportError) => error.code,
  );

describe("a card that fails in mid-command", () => {
  it.each<[string, Behaviour]>([
    ["vanishes", () => "vanish"],
    ["answers one byte", () => Uint8Array.of(0x90)],
  ])("%s: torn, for this and every later command, and the next tap works", async (_, fault) => {
    const reader = readers.find(FIRST.name);
    const card = await CardStub.insert(FIRST, (command) => (command[1] === 0xa4 ? OK : fault(command)));
    const connection = await reader.waitForCard();
    expect(await connection.transmit(SELECT)).toEqual(OK);
    expect(await codeOf(connection.transmit(Uint8Array.of(0x80, 0x30, 0, 0)))).toBe("torn");
    expect(await codeOf(connection.transmit(SELECT))).toBe("torn");
    await connection.close();
    card.remove();
    await reader.waitForRemoval();
    const again = await CardStub.insert(FIRST, answerOk);
    const next = await reader.waitForCard();
    expect(await next.transmit(SELECT)).toEqual(OK);
    await next.close();
    again.remove();
    await reader.waitForRemoval();
  });

  it("taken away between two commands: torn", async () => {
    const reader = readers.find(FIRST.name);
    const card = await CardStub.insert(FIRST, answerOk);
    const connection = await reader.waitForCard();
    card.remove();
    await reader.waitForRemoval();
    expect(await codeOf(connection.transmit(SELECT))).toBe("torn");
    await connection.close();
  });

  it("never answers: timeout, an event loop that goes on, and recovery when it is taken away", async () => {
    const hasty = await openReaders({ timeouts: { command: 5_000, sharing: 100_000 } });
    const reader = hasty.find(FIRST.name);
    const card = await CardStub.insert(FIRST, () => "silent");
    const connection = await reader.waitForCard();
    expect(await codeOf(connection.transmit(SELECT))).toBe("timeout");
    expect(await codeOf(connection.transmit(SELECT))).toBe("timeout");
    await connection.close();
    expect(await codeOf(reader.waitForCard())).toBe("timeout");
    card.remove();
    await reader.waitForRemoval();
    const again = await CardStub.insert(FIRST, answerOk);
    const next = await reader.waitForCard();
    expect(await next.transmit(SELECT)).toEqual(OK);
    await next.close();
    again.remove();
    await reader.waitForRemoval();
    await hasty.close();
  });
});

describe.skipIf(!isPrivate)("pcscd that ends and comes back", () => {
  afterEach(ensurePcscd);

  it.each(["SIGTERM", "SIGKILL"] as const)("%s: no-service, then everything works again", async (signal) => {
    const reader = readers.find(FIRST.name);
    const card = await CardStub.insert(FIRST, answerOk);
    const connection = await reader.waitForCard();
    expect(await connection.transmit(SELECT)).toEqual(OK);
    const waiting = readers.find(SLOTS[1].name).waitForCard();
    const lost = once(readers, "lost");
    const waited = codeOf(waiting);
    await killPcscd(signal);
    expect(await codeOf(connection.transmit(SELECT))).toBe("no-service");
    await lost;
    expect(await waited).toBe("no-service");
    expect(await codeOf(reader.waitForCard())).toBe("no-service");
    expect(() => readers.find(FIRST.name)).toThrow(expect.objectContaining({ code: "no-service" }));
    expect(await codeOf(openReaders())).toBe("no-service");
    await connection.close();
    card.remove();

    const recovered = once(readers, "recovered");
    const there = readers.waitForReader(FIRST.name);
    await startPcscd();
    await recovered;
    expect(await there).toBe(reader);
    const again = await CardStub.insert(FIRST, answerOk);
    const next = await reader.waitForCard();
    expect(await next.transmit(SELECT)).toEqual(OK);
    await next.close();
    again.remove();
    await reader.waitForRemoval();
  });

  it("in mid-command: no-service", async () => {
    const reader = readers.find(FIRST.name);
    let killed = Promise.resolve();
    const card = await CardStub.insert(FIRST, () => {
      killed = killPcscd("SIGKILL");
      return "silent";
    });
    const connection = await reader.waitForCard();
    expect(await codeOf(connection.transmit(SELECT))).toBe("no-service");
    await killed;
    card.remove();
    const recovered = once(readers, "recovered");
    await startPcscd();
    await recovered;
  });

  it("readers are reported as removed and added when the service runs again, and waiting can be closed meanwhile", async () => {
    const lost = once(readers, "lost");
    await killPcscd("SIGTERM");
    await lost;
    expect(readers.list()).toEqual([]);
    const waiting = codeOf(readers.waitForReader(FIRST.name));
    await readers.close();
    expect(await waiting).toBe("closed");
    await startPcscd();
  });

  it("does not stay away: restarted several times in a row", async () => {
    for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL"] as const) {
      const lost = once(readers, "lost");
      await killPcscd(signal);
      await lost;
      const recovered = once(readers, "recovered");
      await startPcscd();
      await recovered;
      expect(readers.find(FIRST.name).connected).toBe(true);
    }
  });

  it("a process that lived through it ends by itself after close", async () => {
    const script = `
      import { once } from "node:events";
      import { openReaders } from ${JSON.stringify(await bundlePcsc())};
      const readers = await openReaders();
      const back = once(readers, "recovered");
      console.log("open");
      await back;
      await readers.close();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    await killPcscd("SIGKILL");
    await startPcscd();
    expect(await ended).toEqual([0, null]);
  });
});
