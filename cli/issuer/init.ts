import { existsSync, mkdirSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import {
  acquireProcessLock,
  bytesToHex,
  isHeld,
  type LockHolder,
  type ProcessLock,
  removeTemporaries,
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
import type { KeySet } from "../../keys/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { isLocalAddress } from "../../lightning/untrusted-uri.js";
import type { CommandContext } from "../command-context.js";
import { createEmbeddedNode, isEmbeddedNode } from "../embedded-node.js";
import { InputError } from "../error-report.js";
import { askNode } from "../node/ask-node.js";
import { checkStartOptions, type StartOptions } from "../node/start-options.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { askNewPassphrase } from "../prompt/new-passphrase.js";
import { configPath, PASSPHRASE_VARIABLE, timelinePath } from "./folder.js";
import { type AnswerOptions, initAnswers, publicUri } from "./init-answers.js";
import { makeKeys } from "./init-keys.js";
import { type LndOptions, lndOfOptions } from "./init-lnd.js";
import { nextSteps } from "./next-steps.js";
import { profileTemplate } from "./profile-template.js";

export interface InitOptions extends StartOptions, AnswerOptions, LndOptions {
  readonly node?: string;
  readonly database?: string;
  readonly label: string;
  readonly passphraseFd?: string;
}

/** A path as it stands in the configuration: relative where it lies within the folder. */
function within(folder: string, path: string): string {
  const inside = relative(folder, resolve(path));
  return inside.startsWith("..") || isAbsolute(inside) ? resolve(path) : inside;
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
  const wish = checkStartOptions(nodeFolder, options);
  const lnd = await lndOfOptions(options);
  const network = lnd?.network ?? "bcrt";
  const answers = await initAnswers(context, options, { network, announced: lnd?.announced });
  if (lnd && lnd.announced === undefined && answers.address === undefined)
    throw new InputError("--address: lnd announces no address at which terminals could reach it", {
      hint: "Give --address with the host and port at which lnd takes peers, or set externalip in lnd.conf.",
    });
  const template = configTemplate({
    database: /^postgres(ql)?:/.test(database) ? database : within(folder, resolve(folder, database)),
    keys: "issuer.keys",
    node: lnd ?? within(folder, nodeFolder),
    currency: answers.currency,
  });
  const config = parseServiceConfig(template, configPath(folder));
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
      if (!lnd && !isEmbeddedNode(nodeFolder))
        createEmbeddedNode(nodeFolder, { ...sharedChain(folder, options), ...wish });
      // Where lnd announces no address, the given one takes its place.
      const own = lnd
        ? `${lnd.nodeId}@${lnd.announced ?? "127.0.0.1:9735"}`
        : (await askNode(nodeFolder, "info", {}, context.signal)).answer.uri;
      const uri = publicUri(own, answers.address);
      const warnings = isLocalAddress(parseNodeUri(uri))
        ? [
            `WARNING: cards will name ${uri.slice(67)}, which only this machine or its own network reaches, and keep it for good. Set node-uri in the profile before cards are made, or give --address.`,
          ]
        : [];
      for (const warning of warnings) context.note(warning);
      const keySets = await makeKeys(config.keys, passphrase, options.label, answers.factory);
      await makeLedger(folder, config, { network, nodeId: parseNodeUri(uri).nodeId });
      const keySet = bytesToHex(keySets[0]?.id ?? new Uint8Array());
      // What an interrupted run left may have other answers.
      const { pin } = answers;
      writeDurableFile(profilePath(folder), profileTemplate({ name: options.label, uri, keySet, pin }));
      writeDurableFile(configPath(folder), template);
      const isTest = answers.factory.kind === "test";
      const next = nextSteps({ folder: given, pin, isTest });
      return made({ folder, uri, keySets, config, warnings, next, isTest });
    } finally {
      lock.release();
    }
  } finally {
    passphrase.fill(0);
    answers.factory.key?.fill(0);
  }
}

/** The chain on which nodes beside the issuer's folder live, so that they reach the issuer's. */
const sharedChain = (folder: string, { node }: InitOptions): { readonly chain?: string } =>
  node === undefined ? { chain: join(dirname(folder), "chain.db") } : {};

const profilePath = (folder: string): string => join(folder, "profile.yaml");

function expectNoIssuer(folder: string, given: string): void {
  if (existsSync(configPath(folder)))
    throw new InputError(`${given}: there is an issuer in this folder already`);
}

async function makeLedger(
  folder: string,
  { database }: ServiceConfig,
  node: Parameters<typeof bindStore>[1],
): Promise<void> {
  const store =
    "sqlite" in database
      ? await openSqlite({ path: database.sqlite })
      : await openPostgres({ url: database.postgres, timelineFile: timelinePath(folder) });
  try {
    await bindStore(store, node);
  } finally {
    await store.close();
  }
}

interface Made {
  readonly folder: string;
  readonly uri: string;
  readonly keySets: readonly KeySet[];
  readonly config: ServiceConfig;
  readonly warnings: readonly string[];
  /** Command lines. */
  readonly next: readonly string[];
  readonly isTest: boolean;
}

const made = ({ folder, uri, keySets, config, warnings, next, isTest }: Made): CommandOutput => ({
  data: {
    folder,
    uri,
    keySets,
    config: configPath(folder),
    profile: profilePath(folder),
    ledger: databaseName(config.database),
    warnings,
    next,
  },
  text: `${renderRecord([
    ["Issuer", folder],
    ["Configuration", configPath(folder)],
    ["Ledger", databaseName(config.database)],
    [
      "If its disk dies",
      "sqlite" in config.database
        ? "what was booked since the last copy is forgotten, though the node has paid it: run litestream or ledger backup --every (docs/scale.md)"
        : "what no synchronous standby has is forgotten, though the node has paid it (docs/scale.md)",
    ],
    ["Keys", `${config.keys}: keep a copy and the passphrase apart from each other and from this machine`],
    ["Node", uri],
    ["First profile", profilePath(folder)],
  ])}
${isTest ? "Cards with the published test key are for trying: anyone can rewrite one until its keys are rotated, which making it does.\n" : ""}
Next, a first card in a file (on a reader: without --card), then the service:

${next.join("\n")}`,
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
