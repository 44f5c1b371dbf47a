import { resolve } from "node:path";
import type { HttpOptions } from "../server/http-server.js";
import { noteServing } from "./browser/serving.js";
import type { ChargeOptions } from "./charge-check.js";
import type { CommandContext } from "./command-context.js";
import { type OpenTerminal, parseExpiry, salesFile, type TerminalOptions } from "./terminal-session.js";

/** Where the API of a till is served unless told. */
export const TILL_PORT = 9750;

/**
 * Sells for programs and browsers that ask over HTTP, until Ctrl-C.
 * @param told called with the address for this machine, once it takes requests
 * @throws HttpProblem where the address cannot be listened on
 */
export async function serveTillHttp(
  context: CommandContext,
  { terminal, store, cardTaken, run }: OpenTerminal,
  options: TerminalOptions & ChargeOptions,
  http: HttpOptions,
  told?: (url: string) => void,
): Promise<void> {
  // Loaded only where it is served.
  const { serveTill } = await import("../server/till/serve.js");
  const { rate, currency, maxSale } = options;
  let forget = (): void => undefined;
  await serveTill(
    {
      store,
      run,
      sales: resolve(salesFile(options)),
      folder: options.node,
      place: options.place,
      charging: {
        ...(rate === undefined ? {} : { rate }),
        ...(currency === undefined ? {} : { currency }),
        ...(maxSale === undefined ? {} : { maxSale }),
      },
      expirySeconds: parseExpiry(options.expiry),
      simulated: options.card,
    },
    { terminal, store, cardTaken, signal: context.signal },
    http,
    {
      onFault: (what) => context.note(`The server has a fault: ${what}`),
      told: (urls) => {
        const [url = ""] = urls;
        forget = noteServing(options.node, url);
        context.print(
          `The till's page and API are at ${urls.join(" and ")}\nKeys: chequecard terminal key. Ctrl-C ends.`,
        );
        told?.(url);
      },
    },
  ).finally(() => forget());
}
