import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { FileError, readTextFile } from "../../common/index.js";
import { parseServiceConfig, type ServiceConfig } from "../../issuer/service/index.js";
import { openPostgres, openSqlite, type Store, StoreError } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { askSecret } from "../prompt/ask.js";

/** Environment variable with the passphrase of the key file. */
export const PASSPHRASE_VARIABLE = "CHEQUECARD_PASSPHRASE";

/** `--issuer FOLDER`. */
export interface IssuerChoice {
  readonly issuer?: string;
}

/** Adds the option of {@link IssuerChoice} to a command. */
export const issuerOption = (command: Command): Command =>
  command.option("--issuer <folder>", "the issuer's folder; default: CHEQUECARD_ISSUER, else this folder");

/** The folder that is meant. */
export const issuerFolder = (context: CommandContext, { issuer }: IssuerChoice): string =>
  resolve(issuer ?? context.env.CHEQUECARD_ISSUER ?? ".");

/** The configuration file of an issuer's folder. */
export const configPath = (folder: string): string => join(folder, "issuer.yaml");

/** The issuer in whose folder a file lies; undefined: it lies in none's. */
export function issuerOf(file: string): string | undefined {
  const folder = dirname(resolve(file));
  return existsSync(configPath(folder)) ? folder : undefined;
}

/** In bytes; the reader of YAML takes less. */
const MAX_CONFIG_LENGTH = 1 << 20;

/** Remembers promotions of the database server. */
export const timelinePath = (folder: string): string => join(folder, "timelines");

/** @throws InputError where there is no issuer; ParseError with every mistake */
export function readIssuerConfig(folder: string): ServiceConfig {
  const path = configPath(folder);
  let text: string;
  try {
    text = readTextFile(path, MAX_CONFIG_LENGTH);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new InputError(`${folder}: no issuer there (${cause.problem})`, {
      cause,
      hint: "Name its folder with --issuer, or make one: chequecard issuer init <folder>",
    });
  }
  return parseServiceConfig(text, path);
}

/** Opens the ledger of a configuration. @param service whether it is for the service @throws StoreError */
export async function openLedger(
  { database }: Pick<ServiceConfig, "database">,
  folder: string,
  { service = false } = {},
): Promise<Store> {
  if ("postgres" in database)
    return await openPostgres({
      url: database.postgres,
      connections: database.connections,
      timelineFile: timelinePath(folder),
    });
  if (!existsSync(database.sqlite))
    throw new StoreError("access", `${database.sqlite}: no ledger there`, {
      hint: "Check the path in issuer.yaml, or restore a backup: chequecard ledger restore <file>",
    });
  return await openSqlite({ path: database.sqlite, background: service });
}

/** Opens the issuer's ledger for the length of `use`; a running service goes on. @throws InputError; StoreError */
export async function withIssuerLedger<T>(
  context: CommandContext,
  choice: IssuerChoice,
  use: (store: Store, config: ServiceConfig, folder: string) => Promise<T>,
): Promise<T> {
  const folder = issuerFolder(context, choice);
  const config = readIssuerConfig(folder);
  const store = await openLedger(config, folder);
  try {
    return await use(store, config, folder);
  } finally {
    await store.close();
  }
}

/** Opens the issuer's keys for the length of `use`. @throws KeyError */
export async function withIssuerKeys<T>(
  context: CommandContext,
  path: string,
  passphraseFd: string | undefined,
  use: (keys: KeyFile) => Promise<T>,
): Promise<T> {
  const passphrase = await askSecret(context, {
    question: `Passphrase of ${path}`,
    variable: PASSPHRASE_VARIABLE,
    descriptor: passphraseFd,
  });
  const keys = await KeyFile.open(path, passphrase).finally(() => passphrase.fill(0));
  try {
    return await use(keys);
  } finally {
    await keys.close();
  }
}

/** Adds `--passphrase-fd` to a command that opens the keys. */
export const passphraseOption = (command: Command): Command =>
  command.option(
    "--passphrase-fd <number>",
    `read the key file's passphrase from this file descriptor; default: ${PASSPHRASE_VARIABLE}, else it is asked for`,
  );
