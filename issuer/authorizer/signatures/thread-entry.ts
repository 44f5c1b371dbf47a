import { parentPort } from "node:worker_threads";
import { secp256k1 } from "../../../common/secp256k1/index.js";
import { checkerOf } from "./checker.js";
import { readRequests, writeFindings } from "./records.js";

const checker = checkerOf(secp256k1);

/** Answers every run of requests with the run of their findings, in the order in which they came. */
parentPort?.on("message", (bytes: Uint8Array) => {
  const findings = writeFindings(readRequests(bytes).map((request) => checker.check(request)));
  parentPort?.postMessage(findings, [findings.buffer]);
});
