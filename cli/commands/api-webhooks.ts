import { type Command, Option } from "commander";
import type { EventKind, Hooks, ListedHook } from "../../server/webhooks/hooks.js";
import type { RunAction } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { renderTable } from "../table.js";
import type { FolderChoice, KeyPlace } from "./api-keys.js";

interface EventsOption extends FolderChoice {
  readonly event?: readonly EventKind[];
}

async function withHooks<T>(folder: string, use: (hooks: Hooks) => T): Promise<T> {
  const { openApiFile } = await import("../../server/api-file.js");
  const { Hooks: Opened } = await import("../../server/webhooks/hooks.js");
  const file = openApiFile(folder);
  try {
    return use(new Opened(file));
  } finally {
    file.close();
  }
}

function listText(hooks: readonly ListedHook[]): string {
  if (hooks.length === 0) return "No webhooks yet. Make one with: webhook add <url>";
  return renderTable(
    ["NUMBER", "URL", "EVENTS", "WAITING", "GIVEN UP", "LAST PROBLEM"],
    hooks.map(({ id, url, events, waiting, givenUp, problem = "" }) => [
      String(id),
      url,
      events.join(" "),
      String(waiting),
      String(givenUp),
      problem,
    ]),
  );
}

const numberOf = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number.parseInt(text, 10);
  throw new InputError(`webhook: need its number, have "${text.slice(0, 20)}"`);
};

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : "(no address)");

/** Adds `webhook add|list|remove` to a command. @param kinds of events that this API has */
export function registerWebhooks(
  parent: Command,
  run: RunAction,
  { of, option, folderOf, isAudited }: Pick<KeyPlace, "of" | "option" | "folderOf" | "isAudited">,
  kinds: readonly EventKind[],
): void {
  const logOf = (folder: string): string | undefined => (isAudited ? folder : undefined);
  const webhook = parent
    .command("webhook")
    .description(`addresses to which the API of ${of} sends what happens, signed`);
  option(
    webhook
      .command("add <url>")
      .description("send events to an address, and show the secret that signs them"),
  )
    .addOption(new Option("--event <kind...>", "only these; default: all").choices(kinds))
    .addHelpText(
      "after",
      `
The address is https, but on this machine; names of private networks are refused, redirects are not followed. What is not
answered with 2xx within ten seconds is sent again, after growing pauses, for three days. See docs/api.md.
`,
    )
    .action((url: string, options: EventsOption) =>
      run(async (context) => {
        const events = options.event ?? kinds;
        const folder = folderOf(context, options);
        const made = await audited(
          logOf(folder),
          // The rest of an address may be what opens it.
          { action: "webhook add", asked: { to: originOf(url), events } },
          () => withHooks(folder, (hooks) => hooks.add(url, events)),
          ({ id }) => ({ told: { id } }),
        );
        return {
          data: { ...made, url, events },
          text: `${made.secret}\nThis secret signs what webhook ${made.id} gets; it is not shown again.`,
        };
      }),
    );
  option(webhook.command("list").description("the webhooks there are, and what waits for them")).action(
    (options: FolderChoice) =>
      run(async (context) => {
        const found = await withHooks(folderOf(context, options), (hooks) => hooks.list());
        return { data: { webhooks: found }, text: listText(found) };
      }),
  );
  option(webhook.command("remove <number>").description("send nothing more to a webhook")).action(
    (text: string, options: FolderChoice) =>
      run(async (context) => {
        const id = numberOf(text);
        const folder = folderOf(context, options);
        await audited(logOf(folder), { action: "webhook remove", asked: { id } }, () =>
          withHooks(folder, (hooks) => hooks.remove(id)),
        );
        return { data: { id }, text: `Nothing more is sent to webhook ${id}.` };
      }),
  );
}
