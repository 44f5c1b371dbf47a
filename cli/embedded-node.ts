import { existsSync, mkdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import {
  FileError,
  mistakes,
  mistakeText,
  ParseError,
  readTextFile,
  removeTemporaries,
  schemaMistakes,
  systemReason,
  writeDurableFile,
} from "../common/index.js";
import { DeputyRecipient, recomputeModern } from "../lightning/dpp/index.js";
import {
  deputyDecision,
  LdkNode,
  type LdkNodeOptions,
  SimulatedChain,
} from "../lightning/nodes/ldk/index.js";
import { InputError } from "./error-report.js";
import { serveControl } from "./node/control-server.js";
import { DeputyTerminals } from "./node/deputy-terminals.js";
import { lockNode } from "./node/node-lock.js";
import type { OpenSales } from "./node/operation.js";
import { runOperation } from "./node/operations.js";
import { ShopForwarding } from "./offline/shop-forwarding.js";

const CONFIG = z.strictObject({
  format: z.literal("chequecard-embedded-node"),
  version: z.literal(1),
  alias: z.string().min(1).max(32),
  /** File of the simulated chain, shared by all nodes that shall reach each other. */
  chain: z.string().min(1),
  /** Port for peers on 127.0.0.1; absent: a free one at the first start, then the same. */
  port: z.int().min(1).max(65535).optional(),
});

/** In bytes. */
const MAX_CONFIG_LENGTH = 1 << 16;

export type EmbeddedNodeConfig = Omit<z.output<typeof CONFIG>, "format" | "version">;

/** A node of this process, with the chain it lives on. */
export interface EmbeddedNode {
  readonly node: LdkNode;
  readonly chain: SimulatedChain;
  /** Does what a request of the control channel asks for. */
  run(request: unknown): Promise<unknown>;
  /** Says which sales this process has open, for those who ask for them on the control channel; undefined: none. */
  lend(sales: OpenSales | undefined): void;
  /** Everything is durable when it resolves. A second call does nothing. */
  close(): Promise<void>;
}

const configPath = (folder: string): string => join(folder, "node.json");

/** True when there is an embedded node in this folder. */
export const isEmbeddedNode = (folder: string): boolean => existsSync(configPath(folder));

/**
 * Makes the folder of a new embedded node; the node itself comes into being at its first start.
 * @throws InputError when there is one already, or the folder cannot be made; NodeInUseError when another process is
 * just making it
 */
export function createEmbeddedNode(
  folder: string,
  options: { readonly alias?: string; readonly chain?: string; readonly port?: number } = {},
): EmbeddedNodeConfig {
  if (isEmbeddedNode(folder)) throw new InputError(`${folder}: there is a node in this folder already`);
  const absolute = resolve(folder);
  const config: EmbeddedNodeConfig = {
    alias: options.alias ?? basename(absolute).slice(0, 32),
    chain: resolve(options.chain ?? join(dirname(absolute), "chain.db")),
    ...(options.port === undefined ? {} : { port: options.port }),
  };
  try {
    mkdirSync(absolute, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(`${folder}: the folder cannot be made (${systemReason(cause)})`, { cause });
  }
  const text = JSON.stringify({ format: "chequecard-embedded-node", version: 1, ...config }, null, 2);
  const lock = lockNode(absolute);
  try {
    if (isEmbeddedNode(folder)) throw new InputError(`${folder}: there is a node in this folder already`);
    removeTemporaries(configPath(absolute));
    writeDurableFile(configPath(absolute), `${text}\n`);
  } finally {
    lock.release();
  }
  return config;
}

/** @throws InputError, ParseError naming the field */
export function readEmbeddedNodeConfig(folder: string): EmbeddedNodeConfig {
  let text: string;
  try {
    text = readTextFile(configPath(folder), MAX_CONFIG_LENGTH);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new InputError(`${folder}: no embedded node there (${cause.problem})`, {
      cause,
      hint: `Make one: chequecard node start ${folder}`,
    });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ParseError(configPath(folder), "not JSON", { cause });
  }
  const parsed = CONFIG.safeParse(content);
  if (!parsed.success) {
    const list = schemaMistakes(parsed.error, CONFIG, content).map((mistake) => mistakeText(mistake, "node"));
    throw mistakes(configPath(folder), list, "Correct the file; the node was not started.");
  }
  const { alias, chain, port } = parsed.data;
  return { alias, chain, ...(port === undefined ? {} : { port }) };
}

/**
 * Starts the node of a folder in this process, with its offline terminals, and serves the requests of other
 * commands on its control channel. Its Lightning protocol is real, its chain is simulated: there is no money in it.
 * @param options a `deputy` decides instead of the folder's own terminals
 * @throws InputError, ParseError; NodeError; NodeInUseError when another process runs it
 */
export async function openEmbeddedNode(
  folder: string,
  options: Pick<LdkNodeOptions, "deputy" | "log"> = {},
): Promise<EmbeddedNode> {
  const { alias, chain: file, port } = readEmbeddedNodeConfig(folder);
  const closing: (() => unknown)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const lock = lockNode(folder);
    closing.push(() => lock.release());
    const terminals = new DeputyTerminals(folder);
    const chain = new SimulatedChain({ file });
    closing.push(() => chain.close());
    if (chain.tip().height === 0) chain.mine();
    const recipient = new DeputyRecipient({ recompute: recomputeModern(terminals.keys) });
    const node = await LdkNode.start({
      network: "bcrt",
      chain,
      alias,
      file: join(folder, "node.db"),
      deputy: deputyDecision(recipient),
      ...(port === undefined ? {} : { listen: { port } }),
      ...options,
    });
    closing.push(() => node.close());
    const forwarding = new ShopForwarding(folder, node, terminals.keys);
    closing.push(() => forwarding.close());
    await forwarding.resume();
    let sales: OpenSales | undefined;
    const run = (request: unknown) => runOperation({ node, terminals, sales, forwarding }, request);
    const control = await serveControl(folder, run);
    closing.push(() => control.close());
    const lend = (open: OpenSales | undefined) => {
      sales = open;
    };
    return { node, chain, run, lend, close };
  } catch (error) {
    await close();
    throw error;
  }
}
