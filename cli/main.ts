#!/usr/bin/env node
import { runCommandLine } from "./edge.js";

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());
// Who reads the output has gone (`| head`): what is under way ends as with Ctrl-C.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => interrupt.abort());

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  signal: interrupt.signal,
});
