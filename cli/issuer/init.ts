import { existsSync, mkdirSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import {
  acquireProcessLock,
  bytesToHex,
  isHeld,
  type LockHolder,
  ParseError,
  type ProcessLock,
  removeTemporaries,
  secp256k1,
  systemReason,
  writeDurableFile,
} from "../../common/index.js";
import {
  configTemplate,
  databaseName,
  parseServiceConfig,
  type ServiceConfig,
} from "../../issuer/service/index.js";
import { bindStore, openPostgres, openSqlite } from "../../issuer/store/index.js";
import { KeyFile, type KeySet } from "../../keys/index.js";
import { formatNodeUri, type NodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import { isLocalAddress, strangersProblem } from "../../lightning/untrusted-uri.js";
import type { CommandContext } from "../command-context.js";
import { createEmbeddedNode, isEmbeddedNode } from "../embedded-node.js";
import { InputError } from "../error-report.js";
import { askNode } from "../node/ask-node.js";
import { checkStartOptions, type StartOptions } from "../node/start-options.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { keyboard } from "../prompt/keyboard.js";
import { askNewPassphrase } from "../prompt/new-passphrase.js";
import { configPath, PASSPHRASE_VARIABLE, timelinePath } from "./folder.js";
import { profileTemplate } from "./profile-template.js";

export interface InitOptions extends StartOptions {
  readonly node?: string;
  readonly database?: string;
  /** `host:port` at which terminals reach the node. */
  readonly address?: string;
  readonly label: string;
  readonly passphraseFd?: string;
}

/** A path as it stands in the configuration: relative where it lies within the folder. */
function within(folder: string, path: string): string {
  const inside = relative(folder, resolve(path));
  return inside.startsWith("..") || isAbsolute(inside) ? resolve(path) : inside;
}

/** The key file: a new one, or the one that an interrupted run left. */
async function makeKeys(path: string, passphrase: Uint8Array, label: string): Promise<readonly KeySet[]> {
  const keys = existsSync(path)
    ? await KeyFile.open(path, passphrase)
    : await KeyFile.create(path, passphrase, label);
  try {
    return keys.keySets();
  } finally {
    await keys.close();
  }
}

/** Any node's id: of an address alone only the form is read. */
const SOME_NODE = bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(1, 31)));

/** @throws ParseError; InputError when no stranger can dial it */
function readAddress(text: string): NodeUri {
  const uri = parseNodeUri(`${SOME_NODE}@${text.trim()}`, "--address");
  const problem = strangersProblem(uri, "bcrt");
  if (problem) throw new InputError(`--address: ${problem}`);
  return uri;
}

/** The public address of the node, from the option or from who can be asked; undefined: this machine's. */
async function addressOf(context: CommandContext, { address }: InitOptions): Promise<NodeUri | undefined> {
  if (address !== undefined) return readAddress(address);
  while (keyboard.isTerminal) {
    const text = await keyboard.line(
      "Public address of the node, host:port; cards keep it for good (Enter: this machine, to try it out): ",
      context.signal,
    );
    if (text === undefined) throw new InputError("Public address of the node: nothing was given");
    if (text.trim() === "") return undefined;
    try {
      return readAddress(text);
    } catch (error) {
      if (!(error instanceof ParseError || error instanceof InputError)) throw error;
      context.note(error.message);
    }
  }
  return undefined;
}

/**
 * Makes an issuer: node, key file, ledger, a profile to begin with, and last the configuration. Every part is made
 * durably and found again, so that a run that was interrupted is simply started again.
 */
export async function initIssuer(
  context: CommandContext,
  given: string,
  options: InitOptions,
): Promise<CommandOutput> {
  const folder = resolve(given);
  expectNoIssuer(folder, given);
  const nodeFolder = resolve(options.node ?? join(folder, "node"));
  const database = options.database ?? "ledger.db";
  const template = configTemplate({
    database: /^postgres(ql)?:/.test(database) ? database : within(folder, resolve(folder, database)),
    keys: "issuer.keys",
    node: within(folder, nodeFolder),
  });
  const config = parseServiceConfig(template, configPath(folder));
  const wish = checkStartOptions(nodeFolder, options);
  const address = await addressOf(context, options);
  const passphrase = await askNewPassphrase(context, {
    variable: PASSPHRASE_VARIABLE,
    descriptor: options.passphraseFd,
  });
  try {
    makeFolder(folder);
    const lock = lockFolder(folder);
    try {
      expectNoIssuer(folder, given);
      for (const path of [configPath(folder), profilePath(folder), config.keys]) removeTemporaries(path);
      if (!isEmbeddedNode(nodeFolder)) createEmbeddedNode(nodeFolder, wish);
      const { uri: own } = (await askNode(nodeFolder, "info", {}, context.signal)).answer;
      const uri =
        address === undefined ? own : formatNodeUri({ ...address, nodeId: parseNodeUri(own).nodeId });
      if (isLocalAddress(parseNodeUri(uri)))
        context.note(
          `WARNING: cards will name ${uri.slice(67)}, which only this machine or its own network reaches, and keep it for good. Set node-uri in the profile before cards are made, or give --address.`,
        );
      const keySets = await makeKeys(config.keys, passphrase, options.label);
      await makeLedger(folder, config, parseNodeUri(uri).nodeId);
      const keySet = bytesToHex(keySets[0]?.id ?? new Uint8Array());
      if (!existsSync(profilePath(folder)))
        writeDurableFile(profilePath(folder), profileTemplate({ name: options.label, uri, keySet }));
      writeDurableFile(configPath(folder), template);
      return made({ folder, given, uri, keySets, config });
    } finally {
      lock.release();
    }
  } finally {
    passphrase.fill(0);
  }
}

const profilePath = (folder: string): string => join(folder, "profile.yaml");

function expectNoIssuer(folder: string, given: string): void {
  if (existsSync(configPath(folder)))
    throw new InputError(`${given}: there is an issuer in this folder already`);
}

async function makeLedger(folder: string, { database }: ServiceConfig, nodeId: Uint8Array): Promise<void> {
  const store =
    "sqlite" in database
      ? await openSqlite({ path: database.sqlite })
      : await openPostgres({ url: database.postgres, timelineFile: timelinePath(folder) });
  try {
    await bindStore(store, { network: "bcrt", nodeId });
  } finally {
    await store.close();
  }
}

interface Made {
  readonly folder: string;
  /** The folder as it was named. */
  readonly given: string;
  readonly uri: string;
  readonly keySets: readonly KeySet[];
  readonly config: ServiceConfig;
}

const made = ({ folder, given, uri, keySets, config }: Made): CommandOutput => ({
  data: {
    folder,
    uri,
    keySets,
    config: configPath(folder),
    profile: profilePath(folder),
    ledger: databaseName(config.database),
  },
  text: `${renderRecord([
    ["Issuer", folder],
    ["Configuration", configPath(folder)],
    ["Ledger", databaseName(config.database)],
    ["Keys", `${config.keys}: keep a copy and the passphrase apart from each other and from this machine`],
    ["Node", uri],
    ["First profile", profilePath(folder)],
  ])}
Next: make cards (chequecard personalize batch), then run the service: chequecard issuer serve ${given}`,
});

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(`${folder}: the folder cannot be made (${systemReason(cause)})`, { cause });
  }
}

/** One `init` at a time in a folder. @throws InputError */
function lockFolder(folder: string): ProcessLock {
  let taken: ProcessLock | LockHolder;
  try {
    taken = acquireProcessLock(join(folder, "init.lock"));
  } catch (cause) {
    throw new InputError(`${folder}: the folder cannot be written (${systemReason(cause)})`, { cause });
  }
  if (isHeld(taken))
    throw new InputError(
      `${folder}: ${taken.name} is making an issuer in this folder right now`,
      taken.hint === undefined ? {} : { hint: taken.hint },
    );
  return taken;
}
