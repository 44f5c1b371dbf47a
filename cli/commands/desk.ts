import { servingUrl } from "../browser/serving.js";
import { expectShowable, type ShowOptions, showOptions, showPage } from "../browser/show-page.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import type { ServeOptions } from "../issuer/desk-api.js";
import { type IssuerChoice, issuerFolder, issuerOption, readIssuerConfig } from "../issuer/folder.js";
import { serveIssuer } from "../issuer/serve.js";
import { serviceOptions } from "../issuer/service-options.js";
import type { CommandOutput } from "../output.js";

type DeskOptions = IssuerChoice & ServeOptions & ShowOptions;

async function desk(context: CommandContext, options: DeskOptions): Promise<CommandOutput> {
  expectShowable(context, options);
  const folder = issuerFolder(context, options);
  readIssuerConfig(folder);
  const page = { folder, role: "desk" } as const;
  const running = await servingUrl(folder);
  if (running !== undefined) {
    const { link, closed } = await showPage(context, { ...page, url: running }, options);
    await closed;
    return { data: { url: running, link }, text: `The desk of this folder is served already: ${running}` };
  }
  let shown: Promise<unknown> | undefined;
  const output = await serveIssuer(context, folder, { ...options, http: options.http ?? true }, (url) => {
    shown = showPage(context, { ...page, url }, options).then(({ closed }) => closed);
    shown.catch((error: Error) => context.note(error.message));
  });
  await shown?.catch(() => undefined);
  return output;
}

export const registerDesk: RegisterCommand = (program, run) => {
  showOptions(
    serviceOptions(
      issuerOption(
        program
          .command("desk")
          .description("the issuer's desk in a browser: run the service, serve its page and open it"),
      ),
    ),
  )
    .addHelpText(
      "after",
      `
Runs what issuer serve --http runs, until Ctrl-C. Where the desk of this folder is served already, its page is opened, and
this command ends. This machine's browser gets a key of the role desk; other devices get theirs by issuer key pair
(docs/pages.md).

Examples:
  chequecard desk --issuer festival
  chequecard desk --issuer festival --reader ACR1252 --pin-letters
  chequecard desk --issuer festival --no-open
`,
    )
    .action((options: DeskOptions) => run((context) => desk(context, options)));
};
