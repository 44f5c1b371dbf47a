import { isIP } from "node:net";
import type { Command } from "commander";
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

const ADDRESS = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i;
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;

/** Where to serve the API; undefined: it was not asked for. @throws InputError */
export async function readHttpOptions(
  { http, httpName = [], httpCertificate, httpKey, httpPlain = false }: HttpChoice,
  defaultPort: number,
): Promise<HttpOptions | undefined> {
  if (http === undefined) return undefined;
  const text = http === true ? `127.0.0.1:${defaultPort}` : http;
  const [, six, other = "", digits = ""] = ADDRESS.exec(text) ?? [];
  const host = six ?? other;
  const port = Number.parseInt(digits, 10);
  if (digits === "" || port > 65535 || (isIP(host) === 0 && host !== "localhost"))
    throw new InputError(
      `--http: need an address and a port such as 127.0.0.1:${defaultPort} or 0.0.0.0:${defaultPort}, have "${text.slice(0, 80)}"`,
    );
  const wrong = httpName.find((name) => !NAME.test(name));
  if (wrong !== undefined)
    throw new InputError(`--http-name: need a host name, have "${wrong.slice(0, 80)}"`);
  if ((httpCertificate === undefined) !== (httpKey === undefined))
    throw new InputError("--http-certificate and --http-key: give both or none");
  const { isLoopback } = await import("../server/http-server.js");
  if (!isLoopback(host) && httpCertificate === undefined && !httpPlain)
    throw new InputError(`--http: ${host} is reached by other machines, and there is no certificate`, {
      hint: "Give --http-certificate and --http-key, or --http-plain for a network that only your devices are in.",
    });
  return {
    host,
    port,
    names: httpName,
    ...(httpCertificate === undefined || httpKey === undefined
      ? {}
      : { tls: { certificate: httpCertificate, key: httpKey } }),
  };
}
