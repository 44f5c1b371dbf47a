import type { ServiceConfig, ServiceLog } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CardPageOptions } from "../../server/card-page/serve.js";
import type { HttpServer } from "../../server/http-server.js";

/** Where the pages of cards are served unless told. */
export const CARD_PAGE_PORT = 9770;

/** The service beside which the pages are served. */
interface CardPageServerParts {
  readonly folder: string;
  readonly store: Store;
  readonly config: ServiceConfig;
  readonly log: ServiceLog;
}

/** Serves the pages of cards beside the service. @throws HttpProblem where the address cannot be listened on */
export async function servePagesOfCards(
  { folder, store, config, log }: CardPageServerParts,
  http: CardPageOptions,
): Promise<HttpServer> {
  // Loaded only where it is served.
  const [{ serveCardPages }, { AuditLog }] = await Promise.all([
    import("../../server/card-page/serve.js"),
    import("../desk/audit-log.js"),
  ]);
  const {
    payees,
    cardPage: { rate: price, desk },
  } = config;
  const onFault = (what: string) =>
    log.error({ event: "card-page", what }, "the pages of cards have a fault");
  const audit = new AuditLog(folder);
  const names = { payees, price, desk };
  const server = await serveCardPages({ store, names, http, audit, onFault }).catch((error: unknown) => {
    audit.close();
    throw error;
  });
  log.info(
    { event: "card-page", at: [server.url, ...server.urls].join(" ") },
    "the pages of cards are served",
  );
  return {
    ...server,
    async close() {
      await server.close();
      audit.close();
    },
  };
}
