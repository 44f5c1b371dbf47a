#!/usr/bin/env node
import { runCommandLine, type Surroundings } from "./edge.js";
import { EXIT } from "./exit-codes.js";

/** Node's exit code for an unsettled top-level await. */
const UNSETTLED = 13;

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => interrupt.abort(new DOMException(signal, "AbortError")));
// Who reads the output has gone (`| head`): what is running ends as with Ctrl-C.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => interrupt.abort());

const surroundings: Surroundings = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  signal: interrupt.signal,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
};

// Node ends with a code of its own, and no word, where nothing is left that could wake what is waited for.
process.once("exit", () => {
  if (process.exitCode !== UNSETTLED) return;
  surroundings.err("This software waited for something that cannot come any more.\nPlease report it.\n");
  process.exitCode = EXIT.INTERNAL;
});

process.exitCode = await runCommandLine(process.argv.slice(2), surroundings);
