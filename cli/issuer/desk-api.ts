import type { Command } from "commander";
import type { Health, ServiceConfig, ServiceLog } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import { type KeySource, withWellKnownKey } from "../../keys/index.js";
import type { DeskStation } from "../../server/desk/desk.js";
import type { HttpOptions } from "../../server/http-server.js";
import { noteServing } from "../browser/serving.js";
import type { CommandContext } from "../command-context.js";
import type { DeskReaderChoice } from "../desk/desk-readers.js";
import { InputError } from "../error-report.js";
import type { CardPageChoice, HttpChoice } from "../http-options.js";
import { askSecret } from "../prompt/ask.js";
import { deskOfService } from "./at-desk.js";
import type { BoltCardsChoice } from "./bolt-cards-server.js";

/** Where the API of a desk is served unless told. */
export const DESK_PORT = 9760;

/** What the service is started with. */
export interface ServeOptions extends HttpChoice, CardPageChoice, BoltCardsChoice, DeskReaderChoice {
  readonly passphraseFd?: string;
  readonly testKey?: boolean;
  readonly pinLetters?: boolean;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the options of a desk with readers. */
export const deskOptions = (command: Command): Command =>
  command
    .option(
      "--reader <name>",
      "with --http: the desk serves cards on this PC/SC reader; given several times, cards are made on all of them",
      collect,
    )
    .option("--all-readers", "with --http: every reader that is connected")
    .option("--card <file...>", "with --http: simulated cards instead of readers")
    .option("--test-key", "blank cards have the published GlobalPlatform test key: for development only")
    .option(
      "--pin-letters",
      "write PIN letters for cards with a PIN (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
    );

/** @throws InputError for a desk without an API */
export function expectDesk(options: ServeOptions, http: HttpOptions | undefined): void {
  const { reader, allReaders, card, testKey, pinLetters } = options;
  if (!http && (reader || allReaders || card || testKey || pinLetters))
    throw new InputError("--reader, --card, --test-key and --pin-letters are of the desk: add --http");
}

/** The service beside which the API of its desk is served. */
export interface DeskParts {
  readonly folder: string;
  readonly store: Store;
  readonly keys: KeySource;
  readonly config: ServiceConfig;
  readonly log: ServiceLog;
  health(): Promise<Health>;
}

/** Serves the desk's API. @throws HttpProblem where the address cannot be listened on; TransportError without a reader */
export async function serveDeskApi(
  context: CommandContext,
  parts: DeskParts,
  http: HttpOptions,
  options: ServeOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  // Loaded only where it is served.
  const [
    { openApiFile },
    { serveDesk },
    { AuditLog },
    { Jobs },
    { ReportThread },
    { compareWithNode },
    { withNodeBooks },
  ] = await Promise.all([
    import("../../server/api-file.js"),
    import("../../server/desk/serve.js"),
    import("../desk/audit-log.js"),
    import("../desk/jobs.js"),
    import("../desk/report-thread.js"),
    import("../../issuer/reports/index.js"),
    import("./node-books.js"),
  ]);
  const { folder, store, config, log, health } = parts;
  const open = new Closing();
  try {
    const file = open.later(openApiFile(folder));
    const audit = open.later(new AuditLog(folder));
    const reports = open.later(
      new ReportThread(
        { database: config.database, folder },
        { onFailure: () => log.warn({ event: "thread" }, "the thread for reports cannot run") },
      ),
    );
    const station = await openStation(context, parts, options, open);
    const jobs = open.later(new Jobs());
    const onFault = (what: string) => log.error({ event: "api", what }, "the API has a fault");
    const compare = () =>
      withNodeBooks(context, config, (books) => compareWithNode(store, books, Date.now()));
    const desk = { store, config, reports, audit, jobs, station, health, compare };
    const server = open.later(await serveDesk(desk, file, http, onFault));
    log.info({ event: "api", at: [server.url, ...server.urls].join(" ") }, "the API takes requests");
    open.later({ close: noteServing(folder, server.url) });
    return { url: server.url, close: () => open.close() };
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** The readers of the desk; undefined: none was asked for. */
async function openStation(
  context: CommandContext,
  { folder, store, keys, log }: DeskParts,
  options: ServeOptions,
  open: Closing,
): Promise<DeskStation | undefined> {
  const [{ openDeskReaders }, { CardWatch }] = await Promise.all([
    import("../desk/desk-readers.js"),
    import("../desk/card-watch.js"),
  ]);
  const readers = await openDeskReaders(options, context.signal);
  if (!readers) return undefined;
  open.later(readers);
  const letters = options.pinLetters
    ? await askSecret(context, {
        question: "Passphrase of the PIN letters",
        variable: "CHEQUECARD_LETTERS_PASSPHRASE",
      })
    : undefined;
  open.later({ close: () => void letters?.fill(0) });
  const desk = await deskOfService(store, keys, log);
  const watch = open.later(new CardWatch(readers, desk));
  const maker = { store, folder, readers, letters, keys: options.testKey ? withWellKnownKey(keys) : keys };
  return { watch, desk, maker };
}

/** Closes what was opened, the last first. */
class Closing {
  readonly #open: { close(): unknown }[] = [];

  later<T extends { close(): unknown }>(opened: T): T {
    this.#open.push(opened);
    return opened;
  }

  async close(): Promise<void> {
    for (let one = this.#open.pop(); one; one = this.#open.pop()) await one.close();
  }
}
