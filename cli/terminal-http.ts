import { join, resolve } from "node:path";
import { LANGUAGE, TERMINAL } from "../common/languages/spoken.js";
import { RateBook } from "../host/terminal/rate-book.js";
import type { HttpOptions } from "../server/http-server.js";
import { noteServing } from "./browser/serving.js";
import type { ChargeOptions } from "./charge-check.js";
import type { CommandContext } from "./command-context.js";
import { columnsOf } from "./receipt-options.js";
import { type OpenTerminal, parseExpiry, salesFile, type TerminalOptions } from "./terminal-session.js";
import { tillSettings } from "./terminal-settings.js";

/** Where the API of a till is served unless told. */
export const TILL_PORT = 9750;

/**
 * Sells for programs and browsers that ask over HTTP, until Ctrl-C.
 * @param told called with the address for this machine, once it takes requests
 * @throws HttpProblem where the address cannot be listened on
 */
export async function serveTillHttp(
  context: CommandContext,
  { terminal, store, cardTaken, readersNow, run, isOffline }: Omit<OpenTerminal, "node" | "askPin">,
  options: TerminalOptions & ChargeOptions,
  http: HttpOptions,
  told?: (url: string) => void,
): Promise<void> {
  // Loaded only where it is served.
  const [{ serveTill }, { RatePoller }, { fetchRate }] = await Promise.all([
    import("../server/till/serve.js"),
    import("../server/till/rate-poller.js"),
    import("../server/till/rate-fetch.js"),
  ]);
  const { rate, currency, maxSale } = options;
  let forget = (): void => undefined;
  const { tips, rules, source, everyMs } = tillSettings(options.node, currency);
  const rates = new RateBook(join(options.node, "rate.json"), rules, { given: rate, currency });
  const poller = source && new RatePoller(source, rates, (from, signal) => fetchRate(from, { signal }));
  const columns = columnsOf(options);
  poller?.start(everyMs);
  await serveTill(
    {
      store,
      run,
      rates,
      poller,
      tips,
      language: LANGUAGE,
      isOffline,
      print:
        options.printer === undefined
          ? undefined
          : async (lines) => {
              const { printerBytes, sendToPrinter } = await import("./receipt-printer.js");
              const { printer = "", codePage } = options;
              await sendToPrinter(printer, printerBytes(lines, { columns, codePage }));
            },
      columns,
      sales: resolve(salesFile(options)),
      folder: options.node,
      place: options.place,
      charging: {
        ...(currency === undefined ? {} : { currency }),
        ...(maxSale === undefined ? {} : { maxSale }),
      },
      expirySeconds: parseExpiry(options.expiry),
      readersNow,
    },
    { terminal, store, cardTaken, signal: context.signal },
    http,
    {
      onFault: (what) => context.note(`The server has a fault: ${what}`),
      told: (urls) => {
        const [url = ""] = urls;
        forget = noteServing(options.node, url);
        context.print(TERMINAL.sell.served(urls.join(", ")));
        told?.(url);
      },
    },
  ).finally(async () => {
    forget();
    await poller?.close();
  });
}
