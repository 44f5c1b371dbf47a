import { runCommandLine } from "../cli/edge.js";

/** The variable that commands take the passphrase from. */
const VARIABLE = "CHEQUECARD_PASSPHRASE";

/** How a command ended. */
export interface Ended {
  /** null: it was killed. */
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs a command line in this process, as the shell would run it in one of its own: sooner done. */
export async function runHere(args: readonly string[], passphrase: string): Promise<Ended> {
  let out = "";
  let errors = "";
  process.env[VARIABLE] = passphrase;
  try {
    const code = await runCommandLine(args, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        errors += text;
      },
      env: process.env,
      signal: new AbortController().signal,
    });
    return { code, out, errors };
  } finally {
    delete process.env[VARIABLE];
  }
}
