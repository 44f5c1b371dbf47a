import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bytesToHex, concatBytes, hexToBytes, secp256k1, u16 } from "../../common/index.js";
import type { RawAddress } from "./raw-peer.js";

const POINT = secp256k1.publicKey(new Uint8Array(32).fill(7));
const of = (...parts: readonly Uint8Array[]): Uint8Array => concatBytes(...parts);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

/** What a peer can send again and again, by name: type and payload. */
export const MESSAGES: Readonly<Record<string, readonly [type: number, payload: Uint8Array]>> = {
  "empty answers": [45003, zeros(0)],
  "broken requests": [45001, zeros(9)],
  "long messages": [45001, zeros(65_533)],
  "unknown messages": [50_001, zeros(0)],
  pings: [18, of(u16(0), u16(0))],
  "pings for long answers": [18, of(u16(65_531), u16(0))],
  pongs: [19, u16(0)],
  warnings: [1, zeros(34)],
  "gossip filters": [265, zeros(40)],
  "gossip queries": [263, zeros(40)],
  "channel updates": [258, zeros(130)],
  "channel announcements": [256, of(zeros(256), u16(0), zeros(40), POINT, POINT, POINT, POINT)],
  "onion messages": [513, of(POINT, u16(66), zeros(1), POINT, zeros(32))],
  "messages for channels that are not there": [132, zeros(98)],
  "broken pings": [18, zeros(0)],
  "second inits": [16, hexToBytes("00000000")],
  "errors for channels that are not there": [17, of(zeros(31), u16(1), u16(0))],
};

/** Ways to keep others out without sending much. */
export const CROWDS = ["silent", "slow handshakes", "peers", "churn"] as const;

/** What a flooding process does. */
export interface Flood {
  readonly target: { readonly host: string; readonly port: number; readonly nodeId: string };
  /** A name of {@link MESSAGES} or of {@link CROWDS}. */
  readonly kind: string;
  /** Messages of all connections, or connections. */
  readonly count: number;
  /** Connections that send messages at the same time. */
  readonly connections: number;
  /** Loopback addresses that it comes from. */
  readonly from: readonly string[];
  /** Longest time in milliseconds. */
  readonly ms: number;
  /** Never reads. */
  readonly deaf?: boolean;
  /** Key of the flooding peer, hex. Default: a new one for each connection. */
  readonly secretKey?: string;
  /** Waits now and then until everything sent was read. */
  readonly paced?: boolean;
}

/** What became of a flood, as the flooding process saw it. */
export interface Flooded {
  readonly opened: number;
  readonly refused: number;
  readonly sent: number;
  readonly cutOff: number;
}

export const FLOODER = fileURLToPath(new URL("./flooder-process.js", import.meta.url));

/** Floods a node from another process. @param program the flooder's JavaScript file */
export function runFlood(
  { nodeId, ...address }: RawAddress,
  flood: Omit<Flood, "target">,
  program: string = FLOODER,
): Promise<Flooded> {
  const target = { host: address.host, port: address.port, nodeId: bytesToHex(nodeId) };
  const child = spawn(process.execPath, [program, JSON.stringify({ ...flood, target })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = line;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0 && last) resolve(JSON.parse(last));
      else reject(new Error(`the flooding process ended with ${code}`));
    });
  });
}
