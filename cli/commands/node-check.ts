import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { type LndConfig, lndConfigOf, lndConfigSchema } from "../../lightning/nodes/lnd/config.js";
import type { LndRole } from "../../lightning/nodes/lnd/permissions.js";
import type { RunAction } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { configPath, readIssuerConfig } from "../issuer/folder.js";
import type { CheckedPart } from "../node/check-lnd.js";
import type { CommandOutput } from "../output.js";
import { lndOfFolder } from "../terminal-settings.js";

interface CheckOptions {
  readonly address?: string;
  readonly certificate?: string;
  readonly macaroon?: string;
  readonly network?: string;
  readonly role?: readonly string[];
}

const ROLES: readonly LndRole[] = ["issuer", "merchant", "refunds", "deputy"];

/** The lnd that is meant, and what it is for where the folder says so. */
function chosen(folder: string | undefined, options: CheckOptions): [LndConfig, readonly LndRole[]] {
  const { address, certificate, macaroon, network } = options;
  if (folder === undefined) {
    if (address === undefined || macaroon === undefined)
      throw new InputError("need the folder of an issuer or a till, or --address and --macaroon", {
        hint: "For example: chequecard node check --address 127.0.0.1:10009 --certificate tls.cert --macaroon chequecard.macaroon --role issuer",
      });
    const given = { type: "lnd" as const, address, certificate, macaroon, network };
    const read = lndConfigSchema.safeParse(given);
    if (!read.success) {
      const [issue] = read.error.issues;
      throw new InputError(`--${String(issue?.path[0] ?? "address")}: ${issue?.message ?? "not understood"}`);
    }
    return [lndConfigOf(read.data, (path) => resolve(path)), ["merchant"]];
  }
  if (address !== undefined || macaroon !== undefined || certificate !== undefined || network !== undefined)
    throw new InputError("name either a folder, whose configuration says where lnd is, or the options");
  const isIssuer = existsSync(configPath(resolve(folder)));
  const lnd = isIssuer ? readIssuerConfig(resolve(folder)).lnd : lndOfFolder(folder);
  if (!lnd)
    throw new InputError(`${folder}: its node is no lnd`, {
      hint: `Name one in ${isIssuer ? "issuer.yaml" : "terminal.yaml"}: node: { type: lnd, address: <host:port>, certificate: <file>, macaroon: <file> }`,
    });
  if (isIssuer) return [lnd, ["issuer"]];
  return [lnd, lnd.deputy ? ["merchant", "deputy"] : ["merchant"]];
}

function rolesOf(given: readonly string[] | undefined, otherwise: readonly LndRole[]): readonly LndRole[] {
  if (given === undefined) return otherwise;
  return given.map((text) => {
    const role = ROLES.find((one) => one === text);
    if (role) return role;
    throw new InputError(`--role: need ${ROLES.join(", ")}, have "${text.slice(0, 20)}"`);
  });
}

const MARKS: Readonly<Record<CheckedPart["state"], string>> = { good: "ok ", warning: "!  ", bad: "NO " };

async function check(folder: string | undefined, options: CheckOptions): Promise<CommandOutput> {
  const [config, otherwise] = chosen(folder, options);
  const roles = rolesOf(options.role, otherwise);
  const { checkLnd } = await import("../node/check-lnd.js");
  const { parts, bake, facts } = await checkLnd(config, roles);
  const isGood = parts.every(({ state }) => state !== "bad");
  const lines = parts.map(({ state, sentence, hint }) =>
    [`${MARKS[state]} ${sentence}`, ...(hint === undefined ? [] : [`    ${hint}`])].join("\n"),
  );
  return {
    data: { good: isGood, roles, parts, bake, ...(facts === undefined ? {} : { lnd: facts }) },
    text: `${lines.join("\n")}

A macaroon with the fewest permissions for this (${roles.join(", ")}), baked on lnd's machine:
  ${bake}`,
    ...(isGood ? {} : { exitCode: EXIT.CHECK_FAILED }),
  };
}

/** Adds `node check`. */
export function registerNodeCheck(node: Command, run: RunAction): void {
  node
    .command("check [folder]")
    .description("tell whether an lnd can be used, and what its macaroon lacks; nothing is moved")
    .option("--address <host:port>", "lnd's gRPC, instead of a folder's configuration")
    .option("--certificate <file>", "lnd's tls.cert; without it the system's authorities vouch for lnd")
    .option("--macaroon <file>", "the macaroon, as bytes or hex")
    .option("--network <name>", "the network that is meant: mainnet, testnet, signet or regtest")
    .option(
      "--role <role...>",
      "what lnd is for: issuer, merchant, refunds, deputy; default: what the folder is",
    )
    .addHelpText(
      "after",
      `
Examples:
  chequecard node check festival
  chequecard node check --address 127.0.0.1:10009 --certificate tls.cert --macaroon chequecard.macaroon --role merchant deputy
`,
    )
    .action((folder: string | undefined, options: CheckOptions) => run(() => check(folder, options)));
}
