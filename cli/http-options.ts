import { isIP } from "node:net";
import type { Command } from "commander";
import type { CardPageOptions } from "../server/card-page/serve.js";
import type { HttpOptions } from "../server/http-server.js";
import { InputError } from "./error-report.js";

/** `--http` and what belongs to it. */
export interface HttpChoice {
  /** True: the default address. */
  readonly http?: string | true;
  readonly httpName?: readonly string[];
  readonly httpCertificate?: string;
  readonly httpKey?: string;
  readonly httpPlain?: boolean;
}

/** Adds the options of {@link HttpChoice} to a command that can serve the API. */
export const httpOptions = (command: Command, port: number): Command =>
  command
    .option(
      "--http [host:port]",
      `serve the API, on this machine alone unless told; default: 127.0.0.1:${port}`,
    )
    .option("--http-name <name...>", "further names by which the API may be asked, such as till.lan")
    .option("--http-certificate <file>", "TLS: certificate chain, PEM")
    .option("--http-key <file>", "TLS: its key, PEM")
    .option(
      "--http-plain",
      "serve other machines without TLS: everybody who can listen in that network sees the keys",
    );

/** What to do without a certificate. */
const INSTEAD = {
  "--http": "--http-plain for a network that only your devices are in",
  "--card-page": "listen on 127.0.0.1 behind a proxy that has one: --card-page-proxy",
} as const;

const ADDRESS = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i;
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;

/** Where to serve the API; undefined: it was not asked for. @throws InputError */
export async function readHttpOptions(
  { http, httpName = [], httpCertificate, httpKey, httpPlain = false }: HttpChoice,
  defaultPort: number,
): Promise<HttpOptions | undefined> {
  if (http === undefined) return undefined;
  const address = http === true ? `127.0.0.1:${defaultPort}` : http;
  return await readListenOptions("--http", {
    address,
    names: httpName,
    certificate: httpCertificate,
    key: httpKey,
    plain: httpPlain,
    defaultPort,
  });
}

/** `--card-page` and what belongs to it. */
export interface CardPageChoice {
  readonly cardPage?: string | true;
  readonly cardPageName?: readonly string[];
  readonly cardPageCertificate?: string;
  readonly cardPageKey?: string;
  readonly cardPageProxy?: boolean;
}

/** Adds the options of {@link CardPageChoice} to a command that can serve the pages of cards. */
export const cardPageOptions = (command: Command, port: number): Command =>
  command
    .option(
      "--card-page [host:port]",
      `serve the pages of cards to their holders, on a listener of their own; default: 127.0.0.1:${port}`,
    )
    .option(
      "--card-page-name <name...>",
      "names under which they are asked for, such as card.festival.example",
    )
    .option("--card-page-certificate <file>", "TLS: certificate chain, PEM")
    .option("--card-page-key <file>", "TLS: its key, PEM")
    .option(
      "--card-page-proxy",
      "a proxy on this machine has the certificate, and says in X-Forwarded-For where visitors come from",
    );

/** Where to serve the pages of cards; undefined: it was not asked for. @throws InputError */
export async function readCardPageOptions(
  choice: CardPageChoice,
  defaultPort: number,
): Promise<CardPageOptions | undefined> {
  const { cardPage, cardPageProxy: behindProxy = false } = choice;
  if (cardPage === undefined) return undefined;
  const { cardPageName: names = [], cardPageCertificate: certificate, cardPageKey: key } = choice;
  if (behindProxy && certificate !== undefined)
    throw new InputError("--card-page-proxy and --card-page-certificate: give one of them");
  if (behindProxy && names.length === 0)
    throw new InputError("--card-page-proxy: name what the proxy is asked for, with --card-page-name");
  const address = cardPage === true ? `127.0.0.1:${defaultPort}` : cardPage;
  const given = { address, names, certificate, key, plain: false, defaultPort };
  return { ...(await readListenOptions("--card-page", given)), behindProxy };
}

/** What an option and its companions say. */
interface GivenListener {
  readonly address: string;
  readonly names: readonly string[];
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly plain: boolean;
  readonly defaultPort: number;
}

async function readListenOptions(
  option: "--http" | "--card-page",
  { address: text, names, certificate, key, plain, defaultPort }: GivenListener,
): Promise<HttpOptions> {
  const [, six, other = "", digits = ""] = ADDRESS.exec(text) ?? [];
  const host = six ?? other;
  const port = Number.parseInt(digits, 10);
  if (digits === "" || port > 65535 || (isIP(host) === 0 && host !== "localhost"))
    throw new InputError(
      `${option}: need an address and a port such as 127.0.0.1:${defaultPort} or 0.0.0.0:${defaultPort}, have "${text.slice(0, 80)}"`,
    );
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined)
    throw new InputError(`${option}-name: need a host name, have "${wrong.slice(0, 80)}"`);
  if ((certificate === undefined) !== (key === undefined))
    throw new InputError(`${option}-certificate and ${option}-key: give both or none`);
  const { isLoopback } = await import("../server/http-server.js");
  if (!isLoopback(host) && certificate === undefined && !plain)
    throw new InputError(`${option}: ${host} is reached by other machines, and there is no certificate`, {
      hint: `Give ${option}-certificate and ${option}-key, or ${INSTEAD[option]}.`,
    });
  return {
    option,
    host,
    port,
    names,
    ...(certificate === undefined || key === undefined ? {} : { tls: { certificate, key } }),
  };
}
