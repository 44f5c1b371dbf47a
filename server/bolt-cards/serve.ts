import { type HttpOptions, type HttpServer, listenHttp } from "../http-server.js";
import { type BoltCardParts, boltCardApp } from "./app.js";

/**
 * Serves Bolt Cards, on a listener of their own without any other route, until it is closed.
 * @throws HttpProblem where the address cannot be listened on
 */
export async function serveBoltCards(
  http: HttpOptions,
  parts: Omit<BoltCardParts, "monotonic">,
): Promise<HttpServer> {
  const app = boltCardApp({ ...parts, monotonic: () => performance.now() });
  return await listenHttp(http, (request, address) => app.fetch(request, { address }));
}
