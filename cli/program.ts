import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { RegisterCommand, RunAction } from "./command-context.js";
import { registerAuthorizations } from "./commands/authorizations.js";
import { registerCard } from "./commands/card.js";
import { registerCards } from "./commands/cards.js";
import { registerConformance } from "./commands/conformance.js";
import { registerDemo } from "./commands/demo.js";
import { registerDeputy } from "./commands/deputy.js";
import { registerInvoice } from "./commands/invoice.js";
import { registerIssuer } from "./commands/issuer.js";
import { registerKeys } from "./commands/keys.js";
import { registerKeysRotate } from "./commands/keys-rotate.js";
import { registerLedger } from "./commands/ledger.js";
import { registerNode } from "./commands/node.js";
import { registerOdt } from "./commands/odt.js";
import { registerPersonalize } from "./commands/personalize.js";
import { registerProfiles } from "./commands/profiles.js";
import { registerReaders } from "./commands/readers.js";
import { registerReport } from "./commands/report.js";
import { registerSimulate } from "./commands/simulate.js";
import { registerSimulateBlank } from "./commands/simulate-blank.js";
import { registerTerminal } from "./commands/terminal.js";
import { registerToken } from "./commands/token.js";
import { EXIT_CODE_HELP } from "./exit-codes.js";

const COMMANDS: readonly RegisterCommand[] = [
  registerReaders,
  registerCard,
  registerSimulate,
  registerSimulateBlank,
  registerKeys,
  registerKeysRotate,
  registerProfiles,
  registerPersonalize,
  registerIssuer,
  registerCards,
  registerAuthorizations,
  registerReport,
  registerLedger,
  registerInvoice,
  registerToken,
  registerTerminal,
  registerNode,
  registerDeputy,
  registerOdt,
  registerConformance,
  registerDemo,
];

/** Version of the package, from the package.json that is nearest to the compiled or the source file. */
export function packageVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        name: string;
        version: string;
      };
      if (name === "chequecard") return version;
    } catch {
      // The compiled files lie one folder deeper than the sources.
    }
  }
  return "unknown";
}

/** The whole command line, with `run` as its only way to print and exit. */
export function buildProgram(run: RunAction): Command {
  const program = new Command("chequecard")
    .description("NFC smart cards that authorize Lightning payments while the payer is offline")
    .version(packageVersion(), "-V, --version")
    .option("--json", "print data as JSON: amounts as strings of msat, bytes as hex")
    .option("--trace", "show every APDU on standard error, secrets masked")
    .showHelpAfterError("(add --help for the options and examples)")
    .addHelpText(
      "after",
      `\nExit codes:\n${EXIT_CODE_HELP.map(([code, text]) => `  ${String(code).padStart(3)}  ${text}`).join("\n")}\n`,
    );
  for (const register of COMMANDS) register(program, run);
  return program;
}
