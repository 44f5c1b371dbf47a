import { openApiFile } from "../api-file.js";
import { serveApi } from "../api-server.js";
import type { HttpOptions } from "../http-server.js";
import type { ApiTitle } from "../openapi.js";
import type { Route } from "../route.js";
import { Deliverer } from "../webhooks/deliverer.js";
import { Hooks } from "../webhooks/hooks.js";
import { sendDelivery } from "../webhooks/send.js";
import { chargeRoutes } from "./charge-routes.js";
import { Counter, type CounterParts } from "./counter.js";
import { quoteRoutes } from "./quote-routes.js";
import { keepSaleEvents } from "./sale-events.js";
import { salesRoutes } from "./sales-routes.js";
import type { OpenTill } from "./till.js";

/** The API of a till. */
const TILL_API: ApiTitle = {
  title: "chequecard till",
  description:
    "Sells at one counter: charges, refunds, receipts, totals. Amounts are decimal digits of millisatoshi unless a field says otherwise. Every refusal is a problem of RFC 9457 with the sentence that the command would print.",
};

/** Every route of a till. */
const tillRoutes = (till: OpenTill): readonly Route[] => [
  ...chargeRoutes(till),
  ...quoteRoutes(till),
  ...salesRoutes(till),
];

/**
 * Sells for clients of the API until the signal aborts; the charge that is open then is cancelled.
 * @param told called with the addresses when requests are taken
 * @throws HttpProblem where the address cannot be listened on
 */
export async function serveTill(
  till: Omit<OpenTill, "counter">,
  parts: CounterParts,
  http: HttpOptions,
  { onFault, told }: { onFault(what: string): void; told(urls: readonly string[]): void },
): Promise<void> {
  const file = openApiFile(till.folder);
  try {
    const counter = new Counter(parts);
    const hooks = new Hooks(file);
    const deliverer = new Deliverer(hooks, (due) => sendDelivery(due));
    const endEvents = keepSaleEvents(till.store, hooks, () => deliverer.wake());
    const routes = tillRoutes({ ...till, counter });
    const pages = { "/": "till", "/customer": "customer" } as const;
    const server = await serveApi({ about: TILL_API, routes, pages, file, http, onFault });
    told([server.url, ...server.urls]);
    await new Promise<void>((resolve) => {
      if (parts.signal.aborted) resolve();
      parts.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await counter.end();
    await server.close();
    endEvents();
    await deliverer.close();
  } finally {
    file.close();
  }
}
