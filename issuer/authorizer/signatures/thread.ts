import { Worker } from "node:worker_threads";
import { secp256k1 } from "../../../common/secp256k1/index.js";
import type { RequestSignatures, SignatureChecker, SignatureFindings } from "../../verify.js";
import { checkerOf } from "./checker.js";
import { readFindings, writeRequests } from "./records.js";

interface PendingRequest {
  readonly request: RequestSignatures;
  readonly resolve: (findings: SignatureFindings | Promise<SignatureFindings>) => void;
}

/** MiB; the thread holds nothing between two runs. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 } as const;

/**
 * Checks signatures on a thread of its own, so that a flood of requests keeps another core busy than the one that
 * writes the ledger. Requests that come in one turn of the event loop go there together. Where the thread ends by
 * itself, what it had and all that follows is checked on the thread that asks.
 */
export class SignatureThread implements SignatureChecker {
  readonly #here = checkerOf(secp256k1);
  readonly #onFailure: () => void;
  #worker: Worker | undefined;
  #gathered: PendingRequest[] = [];
  readonly #sent: PendingRequest[][] = [];

  /** @param onFailure told once when the thread has ended by itself; @param entry what runs on the thread */
  constructor(onFailure: () => void = () => {}, entry: URL = new URL("thread-entry.js", import.meta.url)) {
    this.#onFailure = onFailure;
    const worker = new Worker(entry, { resourceLimits: LIMITS, execArgv: [] });
    worker.on("message", (bytes: Uint8Array) => this.#answer(bytes));
    worker.on("error", () => this.#fail());
    worker.on("exit", () => this.#fail());
    worker.unref();
    this.#worker = worker;
  }

  check(request: RequestSignatures): SignatureFindings | Promise<SignatureFindings> {
    if (!this.#worker) return this.#here.check(request);
    return new Promise((resolve) => {
      this.#gathered.push({ request, resolve });
      if (this.#gathered.length === 1) setImmediate(() => this.#send());
    });
  }

  /** Ends the thread. What is still waiting is checked here. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#release();
    await worker?.terminate();
  }

  #send(): void {
    const gathered = this.#gathered;
    if (!this.#worker || gathered.length === 0) return;
    this.#gathered = [];
    this.#sent.push(gathered);
    const bytes = writeRequests(gathered.map(({ request }) => request));
    this.#worker.postMessage(bytes, [bytes.buffer]);
  }

  #answer(bytes: Uint8Array): void {
    const findings = readFindings(bytes);
    this.#sent.shift()?.forEach(({ resolve, request }, i) => {
      resolve(findings[i] ?? this.#here.check(request));
    });
  }

  #fail(): void {
    if (!this.#worker) return;
    this.#release();
    this.#onFailure();
  }

  #release(): void {
    this.#worker = undefined;
    const waiting = [...this.#sent.flat(), ...this.#gathered];
    this.#sent.length = 0;
    this.#gathered = [];
    for (const { request, resolve } of waiting) resolve(this.#here.check(request));
  }
}
