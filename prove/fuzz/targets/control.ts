import { mkdirSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { readAnswer } from "../../../cli/node/ask-node.js";
import { askControl } from "../../../cli/node/control-client.js";
import { controlSocketPath, toLine } from "../../../cli/node/control-line.js";
import { type ControlServer, serveControl } from "../../../cli/node/control-server.js";
import { OPERATIONS, type OperationName, readOperation } from "../../../cli/node/operations.js";
import { shelfFolder } from "../shelf.js";
import { bytesOf, type FuzzTarget, textOf } from "../target.js";

/** The other end of the channel did not do what it must. */
class ControlRuleError extends Error {}

const NAMES = Object.keys(OPERATIONS) as OperationName[];
const NEVER = new AbortController().signal;

const URI = `02${"11".repeat(32)}@127.0.0.1:9735`;
const REQUESTS: readonly object[] = [
  { op: "info" },
  { op: "connect", uri: URI },
  { op: "fund", peer: URI, capacity: "1000000000", push: "0" },
  { op: "pay", invoice: "lnbcrt1", maxFee: "5000", proof: true },
  { op: "lookup-payments", paymentHashes: ["00".repeat(32), "11".repeat(32)] },
  { op: "deputy-add", name: "beer tap" },
  { op: "deputy-revoke", terminal: "01020304" },
];
const ANSWERS: readonly object[] = [
  {
    alias: "bar",
    uri: URI,
    network: "bcrt",
    outbound: "1000",
    inbound: "0",
    blockHeight: 7,
    channelsUsable: true,
    pid: 1,
  },
  { peer: URI },
  { peer: URI, outbound: "1000", inbound: "0", blockHeight: 7 },
  { state: "settled", fee: "1000", proof: "0000" },
  { payments: [{ state: "settled", fee: "1" }, { state: "unknown" }] },
  { keyId: "01020304", profile: "{}" },
  { keyId: "01020304", name: "beer tap", revokedAt: 1_700_000_000 },
];
const WORDS = ['"op"', ...NAMES.map((name) => `"${name}"`), '"ok":true', '"ok":false', '"answer"', "\\ud800"];

function folderOf(name: string): string {
  const folder = join(shelfFolder(), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

let serving: Promise<ControlServer> | undefined;

/** The channel of a node that understands requests and does nothing. @returns its folder */
async function servedFolder(): Promise<string> {
  const folder = folderOf("asked");
  serving ??= serveControl(folder, async (request) => typeof readOperation(request).of);
  await serving;
  return folder;
}

/** Sends bytes on a new connection. @returns everything that comes back */
function converse(path: string, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(path);
    // Who sends more than is read may be cut off in the middle of it.
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.setTimeout(4_000, () => {
      reject(new ControlRuleError("no answer"));
      socket.destroy();
    });
    socket.write(bytes);
    socket.write("\n");
  });
}

/** Requests to the process that runs a node, over a socket. */
export const controlRequestTarget: FuzzTarget = {
  name: "requests to a running node",
  weight: 6,
  limitMs: 200,
  corpus: () => REQUESTS.map((request) => bytesOf(JSON.stringify(request))),
  words: WORDS,
  async run(input) {
    const reply = await converse(controlSocketPath(await servedFolder()), input);
    if (reply === "" && input.length > 16_384) return "cut off";
    const { ok, error } = JSON.parse(reply) as {
      ok: boolean;
      error?: { kind: string; code?: string; message: string };
    };
    if (error?.code === "internal") throw new ControlRuleError("the server failed");
    return ok ? "understood" : error?.message.slice(0, 60);
  },
  async end() {
    await (await serving)?.close();
    serving = undefined;
  },
};

let answering: Promise<Server> | undefined;
let answer: Uint8Array = new Uint8Array(0);

/** A process that answers whatever it is asked with the bytes of the input. @returns its folder */
async function answeringFolder(): Promise<string> {
  const folder = folderOf("answers");
  answering ??= new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      // What was asked is read, else the socket never learns that the other side has gone.
      socket.resume();
      socket.end(answer);
    });
    server.listen(controlSocketPath(folder), () => resolve(server));
  });
  await answering;
  return folder;
}

/** First byte: what was asked. Then what a strange process answers. */
export const controlAnswerTarget: FuzzTarget = {
  name: "answers of a running node",
  weight: 6,
  limitMs: 200,
  corpus: () =>
    ANSWERS.flatMap((content, name) => {
      const line = toLine({ ok: true, answer: content });
      const failed = toLine({
        ok: false,
        error: { kind: "node", code: "timeout", message: "no", hint: "again" },
      });
      return [line, failed].map((text) => bytesOf(String.fromCharCode(name) + text));
    }),
  words: WORDS,
  async run(input) {
    const name = NAMES[(input[0] ?? 0) % NAMES.length] ?? "info";
    const folder = await answeringFolder();
    answer = input.subarray(1);
    const served = await askControl(folder, { op: name }, NEVER);
    if (!served) throw new ControlRuleError("no process listens");
    return textOf(bytesOf(JSON.stringify(Object.keys(readAnswer(name, served.answer)))));
  },
  async end() {
    (await answering)?.close();
    answering = undefined;
  },
};
