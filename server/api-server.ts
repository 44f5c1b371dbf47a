import type { SqliteFile } from "../common/sqlite-file.js";
import { type Audit, apiApp } from "./app.js";
import { EventStreams } from "./event-streams.js";
import { type HttpOptions, type HttpServer, hostRule, listenHttp } from "./http-server.js";
import { ApiKeys } from "./keys.js";
import type { ApiTitle } from "./openapi.js";
import type { PageName } from "./pages/files.js";
import { pairingRoute } from "./pairing-route.js";
import { KeyedRequests } from "./requests.js";
import type { Route } from "./route.js";

/** An API to serve. */
export interface ServedApi {
  readonly about: ApiTitle;
  readonly routes: readonly Route[];
  /** For browsers, by path. */
  readonly pages: Readonly<Record<string, PageName>>;
  readonly file: SqliteFile;
  readonly http: HttpOptions;
  readonly audit?: Audit;
  /** Told of faults, in a sentence without anything of the request. */
  readonly onFault: (what: string) => void;
}

/** Every route of an API: its own, and the one by which devices get their keys. */
const allRoutes = (routes: readonly Route[], keys: ApiKeys): readonly Route[] => [
  ...routes,
  pairingRoute(keys),
];

/** Serves an API until it is closed. @throws HttpProblem where its address cannot be listened on */
export async function serveApi({
  about,
  routes,
  pages,
  file,
  http,
  audit,
  onFault,
}: ServedApi): Promise<HttpServer> {
  const keys = new ApiKeys(file);
  const streams = new EventStreams(keys);
  const app = apiApp({
    about,
    routes: allRoutes(routes, keys),
    pages,
    keys,
    requests: new KeyedRequests(file),
    streams,
    rule: hostRule(http),
    ...(audit === undefined ? {} : { audit }),
    onFault,
  });
  const server = await listenHttp(http, (request) => app.fetch(request)).catch((error: unknown) => {
    streams.close();
    throw error;
  });
  return {
    ...server,
    async close() {
      streams.close();
      await server.close();
    },
  };
}
