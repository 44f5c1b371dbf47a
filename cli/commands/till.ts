import { TERMINAL } from "../../common/languages/spoken.js";
import { totalsOf } from "../../host/index.js";
import { servingUrl } from "../browser/serving.js";
import { expectShowable, type ShowOptions, showOptions, showPage } from "../browser/show-page.js";
import type { ChargeOptions } from "../charge-check.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { type HttpChoice, httpOptions, readHttpOptions } from "../http-options.js";
import { withLeftovers } from "../leftovers.js";
import { expectNode } from "../open-node.js";
import type { CommandOutput } from "../output.js";
import { sellingOptions } from "../selling-options.js";
import { speaking } from "../speaking.js";
import { serveTillHttp, TILL_PORT } from "../terminal-http.js";
import { parseExpiry, type TerminalOptions, withTerminal } from "../terminal-session.js";
import { withSettings } from "../terminal-settings.js";
import { renderTotals } from "./terminal-papers.js";

type TillOptions = TerminalOptions & ChargeOptions & HttpChoice & ShowOptions;

async function till(context: CommandContext, options: TillOptions): Promise<CommandOutput> {
  parseExpiry(options.expiry);
  expectShowable(context, options);
  expectNode(options.node);
  const page = { folder: options.node, role: "shift-lead" } as const;
  const running = await servingUrl(options.node);
  if (running !== undefined) {
    const { link, closed } = await showPage(context, { ...page, url: running }, options);
    await closed;
    return { data: { url: running, link }, text: TERMINAL.sell.servedAlready(running) };
  }
  const http = await readHttpOptions({ ...options, http: options.http ?? true }, TILL_PORT);
  if (!http) throw new RangeError("no address to serve");
  return withTerminal(context, options, (open) =>
    withLeftovers(context, open, async () => {
      const before = open.store.lastNumber();
      let shown: Promise<unknown> | undefined;
      await serveTillHttp(context, open, options, http, (url) => {
        shown = showPage(context, { ...page, url }, options).then(({ closed }) => closed);
        shown.catch((error: Error) => context.note(error.message));
      });
      await shown?.catch(() => undefined);
      const totals = totalsOf(open.store.after(before));
      return { data: totals, text: renderTotals(totals) };
    }),
  );
}

export const registerTill: RegisterCommand = (program, run) => {
  showOptions(
    httpOptions(
      sellingOptions(
        speaking(program.command("till").description("sell in a browser: serve the till's page and open it")),
      ),
      TILL_PORT,
    ),
  )
    .addHelpText(
      "after",
      `
Serves what terminal serve --http serves, until Ctrl-C, which cancels the sale that is open. Where a till of this folder
is served already, its page is opened, and this command ends. This machine's browser gets a key that may sell, refund and
close the day; other devices get theirs by terminal key pair (docs/pages.md).

Examples:
  chequecard till --node shop --reader ACR1252 --currency eur --rate 61500
  chequecard till --node shop --kiosk
  chequecard till --node shop --no-open
`,
    )
    .action((options: TillOptions) => run((context) => till(context, withSettings(options))));
};
