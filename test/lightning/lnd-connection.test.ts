import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NodeError } from "../../lightning/nodes/errors.js";
import { LndConnection } from "../../lightning/nodes/lnd/connection.js";
import { newFolder } from "../../testing/hooks.js";
import { selfSigned } from "../../testing/lnd/certificate.js";
import { StubError, StubLnd, stubMacaroon } from "../../testing/lnd/stub-lnd.js";

const root = newFolder("memory");
const IDENTITY = `02${"11".repeat(32)}`;

let folder: string;
let stub: StubLnd;
let connection: LndConnection;
let log: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(root, "lnd-"));
  stub = await StubLnd.start(folder, {
    "lnrpc.Lightning/GetInfo": () => ({ identity_pubkey: IDENTITY, alias: "stub", block_height: 7 }),
  });
  log = [];
  connection = new LndConnection(stub.access, (_, message) => log.push(message));
});
afterEach(() => {
  connection.close();
  stub.stop();
  rmSync(folder, { recursive: true });
});

const info = (deadlineMs?: number) => connection.call("lnrpc.Lightning/GetInfo", {}, deadlineMs);

async function refusal(promise: Promise<unknown>): Promise<NodeError> {
  const error = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NodeError);
  return error as NodeError;
}

describe("a connection to lnd", () => {
  it("asks over TLS with the macaroon of the file, as bytes or as hex text", async () => {
    expect(await info()).toMatchObject({ identity_pubkey: IDENTITY, block_height: 7, uris: [] });
    writeFileSync(stub.access.macaroon, `${stub.macaroon.toString("hex")}\n`);
    const other = new LndConnection(stub.access);
    expect(await other.call("lnrpc.Lightning/GetInfo", {})).toMatchObject({ alias: "stub" });
    other.close();
  });

  it("takes a new macaroon when the old one is refused, without a restart", async () => {
    await info();
    connection.bind(IDENTITY);
    stub.macaroon = stubMacaroon("second");
    expect((await refusal(info())).code).toBe("permission");
    stub.writeFiles();
    expect(await info()).toMatchObject({ identity_pubkey: IDENTITY });
  });

  it("takes a renewed certificate after lnd has restarted with it", async () => {
    await info();
    connection.bind(IDENTITY);
    stub.stop();
    stub.tls = selfSigned();
    await stub.start();
    expect((await refusal(info())).code).toBe("unreachable");
    stub.writeFiles();
    await expect
      .poll(() =>
        info().then(
          () => "answered",
          () => "refused",
        ),
      )
      .toBe("answered");
  });

  it("does not follow the files to another node", async () => {
    await info();
    connection.bind(IDENTITY);
    stub.macaroon = stubMacaroon("of another node");
    stub.calls = { "lnrpc.Lightning/GetInfo": () => ({ identity_pubkey: `03${"22".repeat(32)}` }) };
    stub.writeFiles();
    expect((await refusal(info())).code).toBe("permission");
    expect(log.join("\n")).toContain("is another node now");
  });

  it("calls it a timeout when lnd is the first to cancel a call at its deadline", async () => {
    await info();
    stub.calls = {
      "lnrpc.Lightning/GetInfo": async () => {
        await sleep(80);
        throw new StubError("Call cancelled", status.CANCELLED);
      },
    };
    // Our own timer is late for ever.
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      expect((await refusal(info(50))).code).toBe("timeout");
    } finally {
      vi.useRealTimers();
    }
    expect((await refusal(info())).code).toBe("unreachable");
  });

  it("goes on by itself when lnd is back", async () => {
    await info();
    stub.stop();
    expect(await refusal(info())).toMatchObject({ code: "unreachable" });
    await stub.start();
    await expect
      .poll(() =>
        info().then(
          () => "answered",
          () => "refused",
        ),
      )
      .toBe("answered");
  });

  it("ends everything that waits when it is closed, and refuses what comes then", async () => {
    let asked!: () => void;
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    stub.calls = {
      "lnrpc.Lightning/GetInfo": () => {
        asked();
        return new Promise(() => {});
      },
      "lnrpc.Lightning/SubscribePeerEvents": () => {},
    };
    const waiting = refusal(info());
    const ended = new Promise((resolve) => {
      connection.stream("lnrpc.Lightning/SubscribePeerEvents", {}, { data: () => {}, end: resolve });
    });
    await arrived;
    connection.close();
    expect(await waiting).toMatchObject({ code: "closed" });
    expect(await ended).toMatchObject({ code: "closed" });
    expect(await refusal(info())).toMatchObject({ code: "closed" });
  });
});

describe("what stands in the way of a connection to lnd is said in a sentence", () => {
  const sentence = async (access: Partial<StubLnd["access"]> = {}, deadlineMs = 20_000) => {
    const error = await refusal(
      Promise.resolve().then(async () => {
        const other = new LndConnection({ ...stub.access, ...access });
        try {
          await other.call("lnrpc.Lightning/GetInfo", {}, deadlineMs);
        } finally {
          other.close();
        }
      }),
    );
    return { code: error.code, text: `${error.message}. ${error.hint}` };
  };

  it("a certificate that lnd does not use any more", async () => {
    const path = join(folder, "old.cert");
    writeFileSync(path, selfSigned().certificate);
    expect(await sentence({ certificate: path })).toMatchObject({
      code: "unreachable",
      text: expect.stringMatching(/certificate .*old\.cert.*Copy tls\.cert/s),
    });
  });

  it.each([
    [
      "has expired",
      { until: new Date(Date.now() - 1000) },
      /has expired, or a clock is wrong.*Remove tls\.cert/s,
    ],
    ["names another host", { name: "node.example" }, /does not name the host.*tlsextradomain/s],
  ])("a certificate that %s", async (_, options, expected) => {
    stub.stop();
    stub.tls = selfSigned(options);
    await stub.start();
    stub.writeFiles();
    expect(await sentence()).toMatchObject({ code: "unreachable", text: expect.stringMatching(expected) });
  });

  it("a file that is not there, or is no certificate or macaroon", async () => {
    const missing = join(folder, "missing");
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "nothing of the kind");
    for (const [access, expected] of [
      [{ macaroon: missing }, /macaroon of lnd: .*missing.*Name a file/s],
      [{ certificate: missing }, /certificate of lnd: .*missing.*Name a file/s],
      [{ macaroon: wrong }, /wrong is no macaroon.*bakemacaroon/s],
      [{ certificate: wrong }, /wrong is no certificate in PEM form.*tls\.cert/s],
    ] as const)
      expect(await sentence(access)).toMatchObject({
        code: "permission",
        text: expect.stringMatching(expected),
      });
  });

  it("a port where nothing listens", async () => {
    stub.stop();
    expect(await sentence()).toMatchObject({
      code: "unreachable",
      text: expect.stringMatching(/nothing listens at 127\.0\.0\.1:\d+.*gRPC port/s),
    });
  });

  describe("something that is no lnd", () => {
    let server: Server;
    let address: string;
    const sockets = new Set<Socket>();
    const listen = async (answer: string | undefined) => {
      server = createServer((socket) => {
        sockets.add(socket.on("error", () => socket.destroy()));
        if (answer === undefined) socket.resume();
        else socket.once("data", () => socket.end(answer));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      address = `127.0.0.1:${port}`;
    };
    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });

    it("and answers in clear text", async () => {
      await listen("HTTP/1.1 400 Bad Request\r\n\r\n");
      expect(await sentence({ address })).toMatchObject({
        code: "unreachable",
        text: expect.stringMatching(/is no lnd/),
      });
    });

    it("or says nothing, as a tunnel that hangs", async () => {
      await listen(undefined);
      expect(await sentence({ address }, 300)).toMatchObject({
        code: "timeout",
        text: expect.stringMatching(/did not answer in time.*tunnel/s),
      });
    });
  });

  it.each([
    ["wallet locked, unlock it to enable full RPC access", "not-ready", /is locked.*lncli unlock/s],
    ["wallet not created, create one to enable full RPC access", "not-ready", /no wallet yet.*lncli create/s],
    [
      "waiting to start, RPC services not available",
      "not-ready",
      /is still starting.*Wait until lncli getinfo/s,
    ],
    [
      "the RPC server is in the process of starting up, but not yet ready to accept calls",
      "not-ready",
      /is still starting/,
    ],
    ["permission denied", "permission", /chequecard\.macaroon does not allow this call.*node check/s],
    ["cannot get macaroon: root key with id 7 doesn't exist", "permission", /does not take the macaroon/],
    ["something new", "internal", /GetInfo: something new/],
  ])("lnd's own words: %s", async (words, code, expected) => {
    stub.calls = {
      "lnrpc.Lightning/GetInfo": () => {
        throw new StubError(words);
      },
    };
    expect(await sentence()).toMatchObject({ code, text: expect.stringMatching(expected) });
  });

  it("never shows the macaroon", async () => {
    stub.calls = {};
    const { text } = await sentence();
    expect(text).not.toContain(stub.macaroon.toString("hex"));
  });
});
