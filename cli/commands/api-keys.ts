import { networkInterfaces } from "node:os";
import { type Command, Option } from "commander";
import { type ApiKeys, type ListedKey, PAIRING_SECONDS } from "../../server/keys.js";
import { ROLE_HELP, type Role } from "../../server/roles.js";
import { withKeys } from "../api-keys-file.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { type AuditEntry, audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { timeText } from "../issuer/card-choice.js";
import type { CommandOutput } from "../output.js";
import { renderTable } from "../table.js";
import { terminalCode } from "../terminal-code.js";

/** Options that name a folder. */
export interface FolderChoice {
  readonly node?: string;
  readonly issuer?: string;
}

/** Whose API keys are meant. */
export interface KeyPlace {
  /** For help. */
  readonly of: string;
  /** The first is the default. */
  readonly roles: readonly Role[];
  readonly option: (command: Command) => Command;
  /** @throws InputError where there is no such folder */
  readonly folderOf: (context: CommandContext, choice: FolderChoice) => string;
  /** Where the API listens unless told. */
  readonly port: number;
  /** Whether the folder has an audit log. */
  readonly isAudited: boolean;
}

/** A change of the keys, with a line in the audit log where there is one. @param tell nothing that opens anything */
const changeKeys = <T>(
  { isAudited }: Pick<KeyPlace, "isAudited">,
  folder: string,
  entry: AuditEntry,
  change: (keys: ApiKeys) => T,
  tell: (done: T) => object = () => ({}),
): Promise<T> =>
  audited(
    isAudited ? folder : undefined,
    entry,
    () => withKeys(folder, change),
    (done) => ({ told: tell(done) }),
  );

interface RoleOption extends FolderChoice {
  readonly role: Role;
}

const stateOf = ({ revokedAt }: ListedKey): string =>
  revokedAt === undefined ? "holds" : `revoked ${timeText(revokedAt * 1000)}`;

function listText(keys: readonly ListedKey[]): string {
  if (keys.length === 0) return "No keys yet. Make one with: key add <name>";
  return renderTable(
    ["ID", "NAME", "ROLE", "MADE", "STATE"],
    keys.map((key) => [key.id, key.name, key.role, timeText(key.createdAt * 1000), stateOf(key)]),
  );
}

/** The address of this machine in its network. */
function ownUrl(port: number): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const address = all.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  return `http://${address ?? "127.0.0.1"}:${port}/`;
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === "") return `${url.origin}/`;
  throw new InputError(
    `--url: need an address such as http://192.168.1.5:9750/, have "${text.slice(0, 80)}"`,
  );
}

async function pair(
  context: CommandContext,
  folder: string,
  { role, url, place }: { readonly role: Role; readonly url: string; readonly place: KeyPlace },
): Promise<CommandOutput> {
  const entry = { action: "key pair", asked: { role } };
  const code = await changeKeys(place, folder, entry, (keys) => keys.invite(role));
  // Behind #: it is not sent to any server with the address, and stands in no log.
  const link = `${url}#pair=${code}`;
  const shown = terminalCode(context, link, "type the address");
  const minutes = PAIRING_SECONDS / 60;
  return {
    data: { link, code, role, expiresInSeconds: PAIRING_SECONDS },
    text: `${shown.text}\n${link}\nOpen it on one device within ${minutes} minutes: it gets a key of the role ${role}, once.`,
  };
}

/** Adds `key add|list|revoke|pair` to a command. */
export function registerApiKeys(parent: Command, run: RunAction, place: KeyPlace): void {
  const { of, roles, option, folderOf, port } = place;
  const key = parent.command("key").description(`keys by which programs and devices use the API of ${of}`);
  const roleOption = (command: Command): Command =>
    command.addOption(
      new Option("--role <role>", roles.map((role) => `${role}: ${ROLE_HELP[role]}`).join("; "))
        .choices(roles)
        .default(roles[0]),
    );
  roleOption(option(key.command("add <name>").description("make a key and show it, once")))
    .addHelpText(
      "after",
      "\nOf the key only a hash is kept. Everybody who has it may do what its role allows.\n",
    )
    .action((name: string, options: RoleOption) =>
      run(async (context) => {
        if (name.trim() === "" || name.length > 64)
          throw new InputError("name: need 1 to 64 characters, by which you know the key again");
        const asked = { name: name.trim(), role: options.role };
        const made = await changeKeys(
          place,
          folderOf(context, options),
          { action: "key add", asked },
          (keys) => keys.add(asked.name, asked.role),
          ({ id }) => ({ id }),
        );
        return { data: made, text: `${made.key}\nThis is key ${made.id}; it is not shown again.` };
      }),
    );
  option(key.command("list").description("the keys there are, without themselves")).action(
    (options: FolderChoice) =>
      run(async (context) => {
        const found = await withKeys(folderOf(context, options), (keys) => keys.list());
        return { data: { keys: found }, text: listText(found) };
      }),
  );
  option(key.command("revoke <id>").description("end a key at once, also where it is in use")).action(
    (id: string, options: FolderChoice) =>
      run(async (context) => {
        const entry = {
          action: "key revoke", // Somebody may give the key itself.
          asked: { id: /^[0-9a-f]{12}$/.test(id) ? id : "(no id)" },
        };
        const ended = await changeKeys(
          place,
          folderOf(context, options),
          entry,
          (keys) => keys.revoke(id),
          ({ name, role }) => ({ name, role }),
        );
        return { data: ended, text: `Key ${ended.id} opens nothing any more.` };
      }),
  );
  roleOption(
    option(key.command("pair").description("show a QR code by which a device gets a key of its own")),
  )
    .option("--url <address>", "where the device reaches the API; default: this machine's address")
    .action((options: RoleOption & { readonly url?: string }) =>
      run((context) =>
        pair(context, folderOf(context, options), {
          role: options.role,
          url: options.url === undefined ? ownUrl(port) : readUrl(options.url),
          place,
        }),
      ),
    );
}
