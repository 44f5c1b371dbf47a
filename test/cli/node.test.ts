import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEmbeddedNode, openEmbeddedNode } from "../../cli/embedded-node.js";
import { EXIT } from "../../cli/exit-codes.js";
import { NodeInUseError } from "../../cli/node/node-lock.js";
import { sat } from "../../common/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { type RunningProgram, runProgram } from "../../testing/programs.js";

const folder = newFolder();
const at = (name: string) => join(folder, name);
let program: string;
let shop: RunningProgram;
let shopUri: string;

async function startNode(name: string, ...options: string[]): Promise<[RunningProgram, string]> {
  const node = runProgram(program, ["node", "start", at(name), ...options]);
  const [, uri = ""] = await node.says(/URI +(\S+)[\s\S]*Ctrl-C stops it/);
  return [node, uri];
}

const json = async (...args: string[]) => {
  const { exitCode, out, err } = await chequecard(["--json", ...args]);
  if (exitCode !== EXIT.OK) throw new Error(`${args.join(" ")}: exit code ${exitCode}, ${out}${err}`);
  return JSON.parse(out);
};

beforeAll(async () => {
  program = await buildProgram("cli/main.ts");
  [shop, shopUri] = await startNode("shop");
});
afterAll(async () => {
  await shop.end("SIGKILL");
});

/** Sends raw bytes to the shop's control channel and resolves with everything that comes back. */
function raw(bytes: string | Uint8Array, end = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(join(at("shop"), "control.sock"));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("utf8");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
    if (end) socket.end(bytes);
    else socket.write(bytes);
  });
}

describe("node", () => {
  it("start makes the folder, says where the node is and that its money is not real", () => {
    expect(() => parseNodeUri(shopUri)).not.toThrow();
    expect(shop.output()).toContain("no real money");
    expect(shop.errors()).toContain("Made a new node");
    expect(statSync(at("shop")).mode & 0o777).toBe(0o700);
    for (const file of ["control.sock", "node.db", "node.json", "node.lock"])
      expect(statSync(join(at("shop"), file)).mode & 0o777, file).toBe(0o600);
  });

  it("info asks the process that runs the node", async () => {
    const info = await json("node", "info", at("shop"));
    expect(info).toMatchObject({
      alias: "shop",
      uri: shopUri,
      network: "bcrt",
      simulated: true,
      running: true,
      pid: shop.pid,
      outbound: "0",
    });
    expect((await chequecard(["node", "info", at("shop")])).out).toMatch(/no real money/);
  });

  it("a node never runs twice, whatever command wants it, and the sentence says who has it", async () => {
    await expect(openEmbeddedNode(at("shop"))).rejects.toThrow(NodeInUseError);
    for (const args of [
      ["node", "start", at("shop")],
      ["terminal", "charge", "--node", at("shop"), "--amount", "1sat"],
    ]) {
      const second = await chequecard(args);
      expect(second.exitCode, args.join(" ")).toBe(EXIT.SERVICE);
      expect(second.err).toContain(`process ${shop.pid} runs this node`);
      expect(second.err).toContain("chequecard node info");
    }
  });

  it("of two that start at once, one runs the node", async () => {
    const [first, second] = [1, 2].map(() => runProgram(program, ["node", "start", at("rivals")]));
    if (!first || !second) throw new Error("not started");
    const winner = await Promise.any(
      [first, second].map((node) => node.says(/Ctrl-C stops it/).then(() => node)),
    );
    const loser = winner === first ? second : first;
    await expect(loser.says(/Ctrl-C stops it/)).rejects.toThrow(`process ${winner.pid} runs this node`);
    expect(await winner.end("SIGINT")).toBe(EXIT.INTERRUPTED);
    expect(winner.output()).toContain("The node has stopped");
    for (const left of ["control.sock", "node.lock"])
      expect(existsSync(join(at("rivals"), left))).toBe(false);
  });

  it("funds a channel from a node that does not run, and the money is there when it does", async () => {
    await chequecard(["node", "start", at("wallet")], { signal: AbortSignal.abort() });
    const fund = ["node", "fund", at("wallet"), "--peer", shopUri, "--amount", "500000sat"];
    expect(await json(...fund, "--push", "100000sat")).toMatchObject({
      capacity: sat(500_000).toString(),
      running: false,
    });
    const [wallet] = await startNode("wallet");
    const info = await json("node", "info", at("wallet"));
    expect(info).toMatchObject({ running: true, channelsUsable: true, pid: wallet.pid });
    expect(BigInt(info.outbound)).toBeGreaterThan(sat(300_000));
    expect(BigInt((await json("node", "info", at("shop"))).outbound)).toBeGreaterThan(sat(90_000));
    await wallet.end("SIGINT");
  });

  it("connects two running nodes and funds a second channel through the control channel", async () => {
    const [bar, barUri] = await startNode("bar");
    expect(await json("node", "connect", at("bar"), shopUri)).toEqual({ peer: shopUri, running: true });
    const fund = ["node", "fund", at("shop"), "--peer", barUri, "--amount", "200000sat"];
    expect(await json(...fund)).toMatchObject({ running: true, peer: barUri });
    expect(BigInt((await json("node", "info", at("bar"))).inbound)).toBeGreaterThan(sat(150_000));
    expect(await bar.end("SIGTERM")).toBe(EXIT.OK);
  });

  it("a node that was killed is started again by the next command, with its channels", async () => {
    const before = BigInt((await json("node", "info", at("wallet"))).blockHeight);
    await shop.end("SIGKILL");
    expect(existsSync(join(at("shop"), "control.sock"))).toBe(true);
    const info = await json("node", "info", at("shop"));
    expect(info).toMatchObject({ uri: shopUri, running: false });
    expect(BigInt(info.blockHeight)).toBeGreaterThanOrEqual(before);
    [shop, shopUri] = await startNode("shop");
    expect(info.uri).toBe(shopUri);
  });

  it("a terminal that runs the node answers for it too", async () => {
    const opened = await openEmbeddedNode(at("wallet"));
    try {
      expect(await json("node", "info", at("wallet"))).toMatchObject({ running: true, pid: process.pid });
    } finally {
      await opened.close();
    }
  });
});

describe("the control channel", () => {
  it.each([
    ["no JSON", "hello\n", "not JSON"],
    ["an unknown request", '{"op":"sweep"}\n', "does not know this request"],
    ["a name of an object's own", '{"op":"constructor"}\n', "does not know this request"],
    ["no object", "7\n", "does not know this request"],
    ["a missing field", '{"op":"connect"}\n', "uri"],
    ["an amount that is none", '{"op":"fund","peer":"x","capacity":"-1","push":"0"}\n', "capacity"],
    ["a line without an end", `{"op":"${"x".repeat(20_000)}`, "more than 16384 bytes"],
    ["bytes that are no text", Uint8Array.from([0xff, 0xfe, 0x0a]), "not JSON"],
  ])("answers %s with an error", async (_name, bytes, problem) => {
    const reply = JSON.parse(await raw(bytes));
    expect(reply.ok).toBe(false);
    expect(JSON.stringify(reply.error)).toContain(problem);
  });

  it("outlives clients that go away, and many at once", async () => {
    expect(await raw("", true)).not.toContain('"ok":true');
    await Promise.all(Array.from({ length: 40 }, () => raw('{"op":"sweep"}\n')));
    expect(await json("node", "info", at("shop"))).toMatchObject({ running: true });
  });
});

describe("a process that serves the folder and is not what it should be", () => {
  it.each([
    [
      "says no JSON",
      (socket: Socket) => void socket.end("hello\n"),
      /not understood here\nIt may run another version/,
    ],
    [
      "answers something else",
      (socket: Socket) => void socket.end('{"ok":true,"answer":{}}\n'),
      /not understood/,
    ],
    ["refuses in a strange way", (socket: Socket) => void socket.end('{"ok":false}\n'), /not understood/],
    [
      "never ends its line",
      (socket: Socket) => void socket.write("x".repeat(200_000)),
      /more than 131072 bytes/,
    ],
    ["goes away", (socket: Socket) => void socket.destroy(), /closed before an answer/],
  ])("%s: the command ends with a sentence", (_name, behave, problem) =>
    inFolder(async (path) => {
      createEmbeddedNode(path("shop"));
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => behave(socket));
      });
      await new Promise<void>((done) => server.listen(join(path("shop"), "control.sock"), done));
      const result = await chequecard(["node", "info", path("shop")]);
      server.close();
      expect(result.exitCode).toBe(EXIT.SERVICE);
      expect(result.err).toMatch(problem);
    }),
  );
});

describe("bad input to node", () => {
  it("is refused in words", () =>
    inFolder(async (path) => {
      const cases: [string[], number, RegExp][] = [
        [["node", "info", path("none")], EXIT.INPUT, /no embedded node there.*\n.*node start/],
        [["node", "connect", at("shop"), "nobody"], EXIT.INPUT, /need pubkey@host:port/],
        [["node", "start", path("new"), "--port", "70000"], EXIT.INPUT, /--port/],
        [["node", "start", path("new"), "--alias", "x".repeat(40)], EXIT.INPUT, /--alias/],
        [["node", "start", at("shop"), "--alias", "other"], EXIT.INPUT, /has "shop", not "other"/],
        [["node", "fund", at("shop"), "--peer", "x", "--amount", "lots"], EXIT.INPUT, /--amount/],
        [["node", "pay", at("shop"), "lnbc1"], EXIT.INPUT, /invoice/],
        [
          ["node", "connect", at("shop"), shopUri.replace(/@.*/, "@127.0.0.1:1")],
          EXIT.SERVICE,
          /no Lightning connection|own|bad/,
        ],
        [
          ["node", "fund", at("shop"), "--peer", shopUri, "--amount", "5sat", "--push", "6sat"],
          EXIT.INPUT,
          /--push/,
        ],
      ];
      for (const [args, exitCode, problem] of cases) {
        const result = await chequecard(args);
        expect(result.err, args.join(" ")).toMatch(problem);
        expect(result.exitCode, args.join(" ")).toBe(exitCode);
        expect(result.err).not.toMatch(/\n\s+at /);
      }
      expect(existsSync(path("new"))).toBe(false);
    }));

  it("a damaged folder is named and left as it is", () =>
    inFolder(async (path) => {
      await chequecard(["node", "start", path("shop")], { signal: AbortSignal.abort() });
      const config = join(path("shop"), "node.json");
      for (const content of ["{", '{"format":"chequecard-embedded-node","version":9}']) {
        writeFileSync(config, content);
        const result = await chequecard(["node", "info", path("shop")]);
        expect(result.exitCode).toBe(EXIT.INPUT);
        expect(result.err).toContain("node.json");
        expect(readFileSync(config, "utf8")).toBe(content);
      }
    }));

  it("every command has help with an example", async () => {
    for (const command of ["start", "info", "connect", "fund", "pay"])
      expect((await chequecard(["node", command, "--help"])).out, command).toMatch(/Example/);
  });
});
