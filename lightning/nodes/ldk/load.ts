import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as ldk from "lightningdevkit";
import { NodeError } from "../errors.js";

const BANNER = "Loaded LDK-Java Bindings";

let loading: Promise<void> | undefined;

async function load(): Promise<void> {
  const binary = await readFile(
    createRequire(import.meta.url).resolve("lightningdevkit/liblightningjs.wasm"),
  );
  // The bindings announce themselves on the console when they start; only that one line is held back.
  const log = console.log;
  console.log = (...parts: unknown[]) => {
    if (typeof parts[0] !== "string" || !parts[0].startsWith(BANNER)) log(...parts);
  };
  try {
    await ldk.initializeWasmFromBinary(binary);
  } finally {
    console.log = log;
  }
}

/**
 * Loads LDK's WebAssembly into this process, once; later calls wait for the first.
 * @throws NodeError `internal` when the binary cannot be read or does not run here
 */
export function loadLdk(): Promise<void> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw new NodeError("internal", "the embedded Lightning node could not be loaded", { cause });
  });
  return loading;
}
