import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, isIPv4, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { getRequestListener } from "@hono/node-server";
import { systemReason } from "../common/file-error.js";
import { addressScope } from "../lightning/address-scope.js";
import { type HostRule, isHostHeader } from "./gate.js";
import { HttpProblem } from "./problem.js";

/** Where and how a server listens. */
export interface HttpOptions {
  /** By which it was asked for, for errors; default: `--http`. */
  readonly option?: string;
  /** Address or `localhost`, without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Further names by which it may be asked. */
  readonly names: readonly string[];
  /** Files of a certificate chain and its key, PEM. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A server that listens. */
export interface HttpServer {
  readonly url: string;
  /** Of each address at which other devices reach it. */
  readonly urls: readonly string[];
  /** Takes no further requests; connections are ended. */
  close(): Promise<void>;
}

/** Connections at once. Each may be slow for so long until its request has arrived, in milliseconds. */
const MAX_CONNECTIONS = 2048;
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;

const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** Whether only this machine reaches an address. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || ((isIPv4(host) || isIPv6(host)) && addressScope(host) === "loopback");

/** Addresses of this machine that an address to listen on stands for. */
function ownAddresses(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.filter(({ family }) => host === "::" || family === "IPv4").map(({ address }) => address);
}

/** The names under which a server answers. */
export function hostRule({ host, names, tls }: HttpOptions): HostRule {
  const local =
    isLoopback(host) || host === "0.0.0.0" || host === "::" ? ["localhost", "127.0.0.1", "::1"] : [];
  const hosts = [...local, ...ownAddresses(host), ...names].map((name) => bracketed(name).toLowerCase());
  return { scheme: tls ? "https" : "http", hosts: new Set(hosts) };
}

/**
 * Listens for requests, with bounds on what a client may hold open: connections, and the time for a request to arrive.
 * @param fetch answers a request, given the address that its connection comes from
 * @throws HttpProblem `listen` where the address cannot be used
 */
export async function listenHttp(
  options: HttpOptions,
  fetch: (request: Request, address: string) => Response | Promise<Response>,
): Promise<HttpServer> {
  const { option = "--http", host, port, tls } = options;
  const limits = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16 * 1024,
  };
  const listener = getRequestListener(
    (request, { incoming }) => fetch(request, incoming.socket.remoteAddress ?? ""),
    { overrideGlobalObjects: false },
  );
  const answer = (...[request, response]: Parameters<typeof listener>): void => {
    // The listener makes an address of it, and has no sentence where that cannot be; who reads the header refuses it.
    if (!isHostHeader(request.headers.host ?? "")) request.headers.host = "invalid";
    void listener(request, response);
  };
  const server: Server = tls
    ? createTlsServer({ ...limits, cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, answer)
    : createServer(limits, answer);
  server.maxConnections = MAX_CONNECTIONS;
  server.keepAliveTimeout = HEADERS_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new HttpProblem(
          503,
          "listen",
          `${option}: ${host}:${port} cannot be listened on (${systemReason(cause)})`,
          {
            cause,
            hint: "Choose another port, or end the program that has it.",
          },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: own } = server.address() as AddressInfo;
  const urlOf = (address: string): string => `${tls ? "https" : "http"}://${bracketed(address)}:${own}/`;
  const reached = [...options.names, ...ownAddresses(host).filter((address) => !isLoopback(address))];
  return {
    url: urlOf(host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host),
    urls: reached.map(urlOf),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
