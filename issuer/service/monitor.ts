import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { ChequecardError, type Failure, systemReason } from "../../common/index.js";
import type { ListenAddress } from "./config.js";
import type { Health } from "./health.js";

/** The service could not be started. */
export class ServiceError extends ChequecardError {
  override readonly code = "service";
  override get failure(): Failure {
    return "service";
  }
}

/** `/metrics` and `/health` over HTTP. */
export interface Monitor {
  readonly host: string;
  /** The port that was taken, where any free one was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers `GET /metrics` and `GET /health` on this machine. A web page that a browser shows here cannot read them: its
 * requests carry another host's name, and those are refused.
 * @param listen a loopback address
 * @throws ServiceError when the port cannot be taken
 */
export async function startMonitor(
  listen: ListenAddress,
  registry: Registry,
  health: () => Promise<Health>,
): Promise<Monitor> {
  const server = createServer((request, response) => {
    void answer(request, response, registry, health).catch(() =>
      end(response, 500, "text/plain", "failed\n"),
    );
  });
  server.maxConnections = 50;
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  await listening(server, listen);
  const { port } = server.address() as AddressInfo;
  return {
    host: listen.host,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new ServiceError(`monitor: ${host}:${port} cannot be listened on (${systemReason(cause)})`, {
          cause,
          hint: "Choose another port in the configuration, or set monitor: off.",
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
}

const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  registry: Registry,
  health: () => Promise<Health>,
): Promise<void> {
  if (!LOCAL_HOST.test(request.headers.host ?? ""))
    return end(response, 403, "text/plain", "this machine only\n");
  if (request.method !== "GET") return end(response, 405, "text/plain", "GET only\n");
  switch (request.url) {
    case "/metrics":
      return end(response, 200, registry.contentType, await registry.metrics());
    case "/health": {
      const found = await health();
      return end(response, found.healthy ? 200 : 503, "application/json", `${JSON.stringify(found)}\n`);
    }
    default:
      return end(response, 404, "text/plain", "/metrics and /health\n");
  }
}

function end(response: ServerResponse, code: number, type: string, body: string): void {
  if (response.headersSent) return;
  response.writeHead(code, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}
