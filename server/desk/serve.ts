import type { SqliteFile } from "../../common/sqlite-file.js";
import { serveApi } from "../api-server.js";
import type { HttpOptions, HttpServer } from "../http-server.js";
import { ApiKeys } from "../keys.js";
import type { ApiTitle } from "../openapi.js";
import { Deliverer } from "../webhooks/deliverer.js";
import { Hooks } from "../webhooks/hooks.js";
import { sendDelivery } from "../webhooks/send.js";
import { auditedBy } from "./audit.js";
import { CardEvents } from "./card-events.js";
import { cardRoutes } from "./card-routes.js";
import type { OpenDesk } from "./desk.js";
import { jobRoutes } from "./job-routes.js";
import { keyRoutes } from "./key-routes.js";
import { moneyRoutes } from "./money-routes.js";
import { overviewRoutes } from "./overview-routes.js";
import { reportRoutes } from "./report-routes.js";
import { stationRoutes } from "./station-routes.js";

/** The API of an issuer's desk. */
const DESK_API: ApiTitle = {
  title: "chequecard desk",
  description:
    "The issuer's desk: cards, top-ups, blocks, limits, reports, alerts. Amounts are decimal digits of millisatoshi unless a field says otherwise. Every refusal is a problem of RFC 9457 with the sentence that the command would print.",
};

/** Serves the desk until it is closed. @throws HttpProblem where the address cannot be listened on */
export async function serveDesk(
  desk: OpenDesk,
  file: SqliteFile,
  http: HttpOptions,
  onFault: (what: string) => void,
): Promise<HttpServer> {
  const routes = [
    ...cardRoutes(desk),
    ...moneyRoutes(desk),
    ...stationRoutes(desk),
    ...jobRoutes(desk),
    ...reportRoutes(desk),
    ...overviewRoutes(desk),
    ...keyRoutes(new ApiKeys(file)),
  ];
  const pages = { "/": "desk" } as const;
  const audit = auditedBy(desk.audit);
  const server = await serveApi({ about: DESK_API, routes, pages, file, http, audit, onFault });
  const hooks = new Hooks(file);
  const deliverer = new Deliverer(hooks, (due) => sendDelivery(due));
  const events = new CardEvents(desk.store, hooks, () => deliverer.wake());
  return {
    ...server,
    async close() {
      await server.close();
      await events.close();
      await deliverer.close();
    },
  };
}
