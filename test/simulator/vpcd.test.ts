import { once } from "node:events";
import { rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { concatBytes, u16 } from "../../common/index.js";
import {
  connectVpcd,
  createCardFile,
  openCardFile,
  provisionCard,
  type SimulatedCard,
} from "../../simulator/index.js";
import { encodeVpcdFrame, VpcdFrameReader } from "../../simulator/vpcd-frames.js";
import { newFolder } from "../../testing/hooks.js";
import { authorizeApdu, bytes, hash, hex, PERSONALIZATION, SELECT, verifyApdu } from "./fixture.js";

const frame = (payload: Uint8Array) => concatBytes(u16(payload.length), payload);
const OFF = frame(bytes("00"));
const ON = frame(bytes("01"));
const RESET = frame(bytes("02"));
const ATR = frame(bytes("04"));

/** Plays vpcd's role: waits for one card and talks to it. */
class VirtualReader {
  readonly server: Server = createServer((socket) => {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.received = concatBytes(this.received, chunk);
    });
    socket.on("error", () => {});
  });
  socket: Socket | undefined;
  received: Uint8Array = new Uint8Array(0);

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  send(message: Uint8Array): void {
    this.socket?.write(message);
  }

  /** The next answer, without its length. */
  async answer(): Promise<string> {
    for (;;) {
      const [high = 0, low = 0] = this.received;
      const end = 2 + high * 256 + low;
      if (this.received.length >= 2 && this.received.length >= end) {
        const payload = hex(this.received.subarray(2, end));
        this.received = this.received.slice(end);
        return payload;
      }
      if (this.socket) await once(this.socket, "data");
    }
  }

  async exchange(command: Uint8Array): Promise<string> {
    this.send(frame(command));
    return this.answer();
  }
}

let reader: VirtualReader;
let card: SimulatedCard;

beforeEach(async () => {
  reader = new VirtualReader();
  reader.server.listen(0, "127.0.0.1");
  await once(reader.server, "listening");
  card = provisionCard(PERSONALIZATION).card;
});
afterEach(() => {
  reader.socket?.destroy();
  reader.server.close();
});

async function insert(options: { signal?: AbortSignal } = {}) {
  const connected = once(reader.server, "connection");
  const link = await connectVpcd(card, { port: reader.port, ...options });
  await connected;
  return link;
}

describe("frames", () => {
  const stream = concatBytes(
    ON,
    ATR,
    frame(SELECT),
    RESET,
    frame(bytes("07")),
    frame(new Uint8Array(0)),
    OFF,
  );
  const kinds = ["power-on", "atr", "apdu", "reset", "unknown", "apdu", "power-off"];

  it("come out whole, however the stream is split", () => {
    for (let size = 1; size <= stream.length; size++) {
      const frames = new VpcdFrameReader();
      const messages = [];
      for (let at = 0; at < stream.length; at += size)
        messages.push(...frames.push(stream.subarray(at, at + size)));
      expect(messages.map(({ kind }) => kind)).toEqual(kinds);
      expect(messages[2]).toEqual({ kind: "apdu", bytes: SELECT });
    }
  });

  it("may be 65535 bytes long", () => {
    const big = new Uint8Array(65_535).fill(7);
    const frames = new VpcdFrameReader();
    const encoded = encodeVpcdFrame(big);
    expect(frames.push(encoded.subarray(0, 40_000))).toEqual([]);
    expect(frames.push(encoded.subarray(40_000))).toEqual([{ kind: "apdu", bytes: big }]);
  });
});

describe("a card on the virtual reader", () => {
  it("answers ATR and APDUs, sent in one piece or byte by byte", async () => {
    const link = await insert();
    reader.send(concatBytes(ON, ATR, frame(SELECT)));
    expect(await reader.answer()).toBe(hex(card.atr));
    expect(await reader.answer()).toMatch(/^6f.*9000$/);
    for (const byte of frame(authorizeApdu(5n, hash("invoice")))) {
      reader.send(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    expect(await reader.answer()).toMatch(/^01a1a2a3a4.*9000$/);
    await link.close();
    expect(await link.closed).toEqual({ reason: "removed" });
    expect(card.isPowered).toBe(false);
  });

  it("loses its transient memory by reset and by power off", async () => {
    await insert();
    reader.send(ON);
    for (const interruption of [RESET, concatBytes(OFF, ON)]) {
      await reader.exchange(SELECT);
      expect(await reader.exchange(verifyApdu())).toBe("9000");
      expect(await reader.exchange(bytes("00200080"))).toBe("9000");
      reader.send(interruption);
      expect(await reader.exchange(bytes("00200080"))).toBe("6d00");
      await reader.exchange(SELECT);
      expect(await reader.exchange(bytes("00200080"))).toBe("63c3");
    }
  });

  it("gives its ATR without power, and is powered by the first APDU", async () => {
    await insert();
    reader.send(ATR);
    expect(await reader.answer()).toBe(hex(card.atr));
    expect(card.isPowered).toBe(false);
    expect(await reader.exchange(SELECT)).toMatch(/9000$/);
  });

  it("answers nonsense with status words", async () => {
    await insert();
    expect(await reader.exchange(new Uint8Array(0))).toBe("6700");
    expect(await reader.exchange(new Uint8Array(65_535))).toBe("6700");
  });

  it("says that it was removed when its signal aborts", async () => {
    const abort = new AbortController();
    const link = await insert({ signal: abort.signal });
    abort.abort();
    expect(await link.closed).toEqual({ reason: "removed" });
    await link.close();
  });

  it("leaves the card's power alone once it was removed", async () => {
    const link = await insert();
    await reader.exchange(SELECT);
    const closed = once(reader.socket as Socket, "close");
    await link.close();
    card.powerOn();
    await closed;
    await new Promise(setImmediate);
    expect(card.isPowered).toBe(true);
  });

  it("says that the reader is gone", async () => {
    const link = await insert();
    reader.socket?.end();
    expect(await link.closed).toEqual({ reason: "reader-gone" });
  });

  it("leaves the reader when it is torn, without an answer", async () => {
    const link = await insert();
    await reader.exchange(SELECT);
    card.tearAt({ write: 2 });
    reader.send(frame(authorizeApdu(5n, hash("invoice"))));
    expect(await link.closed).toMatchObject({ reason: "torn", error: { code: "torn" } });
    expect(reader.received.length).toBe(0);
  });

  it("leaves the reader when its state cannot be saved", async () => {
    const folder = newFolder();
    createCardFile(join(folder, "card.json"), card);
    card = openCardFile(join(folder, "card.json")).card;
    const link = await insert();
    await reader.exchange(SELECT);
    rmSync(folder, { recursive: true });
    reader.send(frame(authorizeApdu(5n, hash("invoice"))));
    expect(await link.closed).toMatchObject({ reason: "torn", error: { cause: { code: "io" } } });
  });
});

describe("connecting", () => {
  it("says that no virtual reader listens, and what to do", async () => {
    const { port } = reader;
    reader.server.close();
    await expect(connectVpcd(card, { port })).rejects.toMatchObject({
      code: "no-reader",
      message: `no virtual reader listens at 127.0.0.1:${port} (ECONNREFUSED)`,
      hint: expect.stringContaining("pcscd"),
    });
  });

  it("is not done for an aborted signal", async () => {
    const aborted = connectVpcd(card, { port: reader.port, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: "closed" });
  });
});
