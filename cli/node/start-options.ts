import { resolve } from "node:path";
import { isEmbeddedNode, readEmbeddedNodeConfig } from "../embedded-node.js";
import { InputError } from "../error-report.js";

/** Options of `node start`. */
export interface StartOptions {
  readonly chain?: string;
  readonly alias?: string;
  readonly port?: string;
}

/** What a node is made with. */
export interface NodeWish {
  readonly chain?: string;
  readonly alias?: string;
  readonly port?: number;
}

/**
 * Options that make a node, or that an existing one agrees with.
 * @throws InputError when a value cannot be used, or the node of the folder has another
 */
export function checkStartOptions(folder: string, options: StartOptions): NodeWish {
  const port = options.port === undefined ? undefined : readPort(options.port);
  const { alias } = options;
  if (alias !== undefined && !/^[^\p{C}]{1,32}$/u.test(alias))
    throw new InputError("--alias: need 1 to 32 printable characters");
  const wish: NodeWish = {
    ...(options.chain === undefined ? {} : { chain: resolve(options.chain) }),
    ...(alias === undefined ? {} : { alias }),
    ...(port === undefined ? {} : { port }),
  };
  if (!isEmbeddedNode(folder)) return wish;
  const config = readEmbeddedNodeConfig(folder);
  for (const name of ["chain", "alias", "port"] as const) {
    const wanted = wish[name];
    if (wanted !== undefined && wanted !== config[name])
      throw new InputError(
        `--${name}: the node in ${folder} has ${config[name] === undefined ? "none" : `"${config[name]}"`}, not "${wanted}"`,
        { hint: `Leave --${name} out, or use another folder for another node.` },
      );
  }
  return wish;
}

function readPort(text: string): number {
  const value = /^[1-9]\d{0,4}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (value < 1 || value > 65535)
    throw new InputError(`--port: need a number from 1 to 65535, have "${text.slice(0, 20)}"`);
  return value;
}
