import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { SignatureThread } from "../../issuer/authorizer/index.js";
import { IssuerService, openLog, ServiceError, type ServiceLog } from "../../issuer/service/index.js";
import { StoreError } from "../../issuer/store/index.js";
import type { CommandContext } from "../command-context.js";
import { readCardPageOptions, readHttpOptions } from "../http-options.js";
import { openNode } from "../open-node.js";
import type { CommandOutput } from "../output.js";
import { askIfPossible } from "../prompt/confirm.js";
import { readBoltCardsOptions, serveBoltCardsOf } from "./bolt-cards-server.js";
import { CARD_PAGE_PORT, servePagesOfCards } from "./card-page-server.js";
import { DESK_PORT, expectDesk, type ServeOptions, serveDeskApi } from "./desk-api.js";
import { issuerFolder, openLedger, readIssuerConfig, withIssuerKeys } from "./folder.js";

/**
 * Runs the issuer's service until Ctrl-C or SIGTERM, or until its node has ended by itself. The log goes to
 * standard output, one JSON object a line.
 * @param told called with the address for this machine, once the API takes requests
 */
export async function serveIssuer(
  context: CommandContext,
  folder: string,
  options: ServeOptions,
  told?: (url: string) => void,
): Promise<CommandOutput> {
  const http = await readHttpOptions(options, DESK_PORT);
  expectDesk(options, http);
  const pages = await readCardPageOptions(options, CARD_PAGE_PORT);
  const path = issuerFolder(context, { issuer: folder });
  const config = readIssuerConfig(path);
  const bolt = await readBoltCardsOptions(options, config);
  const log = openLog(config.logLevel, { write: (line) => context.print(line.trimEnd()) });
  await withIssuerKeys(context, config.keys, options.passphraseFd, async (keys) => {
    const store = await whenThere(context, () => openLedger(config, path, { service: true }));
    try {
      const opened = await openNode(
        config.node,
        {
          roles: ["issuer"],
          log: (level, message) => log[level]({ event: "node" }, message),
          ...askIfPossible(context),
        },
        config.lnd,
      );
      try {
        const signatures = availableParallelism() > 1 ? signatureThread(log) : undefined;
        try {
          const service = await IssuerService.start({
            config,
            store,
            node: opened.node,
            keys,
            log,
            // An embedded node is locked: it runs in one process at a time, and pays for no other. An lnd may pay for many.
            ownsNode: config.lnd === undefined,
            ...(signatures ? { signatures } : {}),
          });
          try {
            const api =
              http &&
              (await serveDeskApi(
                context,
                { folder: path, store, keys, config, log, health: () => service.health() },
                http,
                options,
              ));
            try {
              const { boltCards: desk } = service;
              const bolts = bolt && desk && (await serveBoltCardsOf({ store, keys, log, desk }, bolt));
              try {
                const served =
                  pages && (await servePagesOfCards({ folder: path, store, config, log }, pages));
                try {
                  if (api) told?.(api.url);
                  await untilOver(context.signal, service);
                } finally {
                  await served?.close();
                }
              } finally {
                await bolts?.close();
              }
            } finally {
              await api?.close();
            }
          } finally {
            await service.close();
          }
        } finally {
          await signatures?.close();
        }
      } finally {
        await opened.close();
      }
    } finally {
      await store.close();
    }
  });
  return {
    data: { stopped: true },
    text: "The service has stopped. What is still open is resolved when it starts again.",
  };
}

/** Between two tries to reach a database server that is away. */
const RETRY_MS = 2_000;
/** Of so many tries one is reported. */
const REPORT_EVERY = 150;

/** Opens what a database server holds, which may be away for as long as it likes. @throws StoreError of another kind */
async function whenThere<T>({ note, signal }: CommandContext, open: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++)
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "unavailable") throw error;
      if (tries % REPORT_EVERY === 0) note(`${error.message}. Waiting for it.`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
}

const signatureThread = (log: ServiceLog): SignatureThread =>
  new SignatureThread(() =>
    log.warn({ event: "thread" }, "the thread for signatures has ended; the main thread checks them now"),
  );

async function untilOver(signal: AbortSignal, service: IssuerService): Promise<void> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const failure = await Promise.race([stopped, service.failed]);
  if (failure)
    throw new ServiceError("the Lightning node has ended by itself, and so does the service", {
      cause: failure,
      hint: "See the log for the reason, then start the service again.",
    });
}
