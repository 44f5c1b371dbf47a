import { writeSync } from "node:fs";
import { chequecard } from "../../testing/command-run.js";
import { SECRETS } from "./odd-files-secrets.js";

/** Runs the command lines of its argument, a list in JSON, and prints what each said before it begins the next. */
const [, , list = "[]"] = process.argv;
for (const args of JSON.parse(list) as string[][]) {
  const { exitCode, err } = await chequecard(args, { env: SECRETS });
  writeSync(1, `${JSON.stringify({ code: exitCode, err })}\n`);
}
