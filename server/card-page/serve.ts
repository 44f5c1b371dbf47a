import { PageDoor } from "../../issuer/card-page/page-door.js";
import type { Store } from "../../issuer/store/index.js";
import { type HttpOptions, type HttpServer, hostRule, listenHttp } from "../http-server.js";
import { type CardPageParts, cardPageApp } from "./app.js";
import { PageSessions } from "./sessions.js";
import type { PageNames } from "./view.js";

/** Where and how the pages of cards are served. */
export interface CardPageOptions extends HttpOptions {
  /** A proxy in front has the certificate, and says in `X-Forwarded-For` where visitors come from. */
  readonly behindProxy: boolean;
}

/** What they are served from; the clocks and the door have the system's as default. */
export interface ServedCardPages {
  readonly store: Store;
  readonly names: PageNames;
  readonly http: CardPageOptions;
  readonly audit: CardPageParts["audit"];
  /** Told of faults, in a sentence without anything of the request. */
  readonly onFault: (what: string) => void;
  readonly clock?: () => number;
  readonly monotonic?: () => number;
  readonly door?: PageDoor;
}

/**
 * Serves the pages of cards, on a listener of their own without any other route, until it is closed.
 * @throws HttpProblem where the address cannot be listened on
 */
export async function serveCardPages({
  store,
  names,
  http,
  audit,
  onFault,
  clock = Date.now,
  monotonic = () => performance.now(),
  door = new PageDoor({ store, clock, monotonic }),
}: ServedCardPages): Promise<HttpServer> {
  const { behindProxy } = http;
  const own = hostRule(http);
  const app = cardPageApp({
    store,
    door,
    sessions: new PageSessions(monotonic),
    names,
    rule: behindProxy ? { ...own, scheme: "https" } : own,
    behindProxy,
    clock,
    monotonic,
    audit,
    onFault,
  });
  const server = await listenHttp(http, (request, address) => app.fetch(request, { address }));
  return {
    ...server,
    async close() {
      await door.close();
      await server.close();
    },
  };
}
