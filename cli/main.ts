#!/usr/bin/env node
import { CommanderError } from "commander";
import type { CommandContext } from "./command-context.js";
import { reportError } from "./error-report.js";
import { EXIT } from "./exit-codes.js";
import { toJson } from "./output.js";
import { buildProgram } from "./program.js";

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());

const program = buildProgram(async (action) => {
  const { json = false, trace = false } = program.opts<{ json?: boolean; trace?: boolean }>();
  const context: CommandContext = {
    signal: interrupt.signal,
    json,
    note: (line) => json || process.stderr.write(`${line}\n`),
    print: (text) => json || process.stdout.write(`${text}\n`),
    trace: trace
      ? ({ direction, text }) => process.stderr.write(`${direction === "to-card" ? ">" : "<"} ${text}\n`)
      : undefined,
    env: process.env,
  };
  try {
    const output = await action(context);
    if (json) process.stdout.write(`${toJson(output.data)}\n`);
    else if (output.text) process.stdout.write(`${output.text}\n`);
    process.exitCode = output.exitCode ?? EXIT.OK;
  } catch (error) {
    const report = reportError(error, interrupt.signal.aborted);
    if (json)
      process.stdout.write(
        `${toJson({ error: { code: report.code, message: report.message, hint: report.hint } })}\n`,
      );
    else process.stderr.write(`${report.message}\n${report.hint ? `${report.hint}\n` : ""}`);
    if (process.env.CHEQUECARD_DEBUG) console.error(error);
    process.exitCode = report.exitCode;
  }
});

program.exitOverride();
for (const command of walk(program)) command.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.OK : EXIT.INPUT;
}

function* walk(command: typeof program): Generator<typeof program> {
  for (const child of command.commands) {
    yield child;
    yield* walk(child);
  }
}
