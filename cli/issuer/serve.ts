import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { SignatureThread } from "../../issuer/authorizer/index.js";
import { IssuerService, openLog, ServiceError, type ServiceLog } from "../../issuer/service/index.js";
import { StoreError } from "../../issuer/store/index.js";
import type { OpenDesk } from "../../server/desk/desk.js";
import type { HttpOptions } from "../../server/http-server.js";
import { noteServing } from "../browser/serving.js";
import type { CommandContext } from "../command-context.js";
import { type HttpChoice, readHttpOptions } from "../http-options.js";
import { openNode } from "../open-node.js";
import type { CommandOutput } from "../output.js";
import { askIfPossible } from "../prompt/confirm.js";
import { issuerFolder, openLedger, readIssuerConfig, withIssuerKeys } from "./folder.js";

/**
 * Runs the issuer's service until Ctrl-C or SIGTERM, or until its node has ended by itself. The log goes to
 * standard output, one JSON object a line.
 * @param told called with the address for this machine, once the API takes requests
 */
export async function serveIssuer(
  context: CommandContext,
  folder: string,
  options: { readonly passphraseFd?: string } & HttpChoice,
  told?: (url: string) => void,
): Promise<CommandOutput> {
  const http = await readHttpOptions(options, DESK_PORT);
  const path = issuerFolder(context, { issuer: folder });
  const config = readIssuerConfig(path);
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
              http && (await serveApiOf(path, { store, config, health: () => service.health() }, http, log));
            try {
              if (api) told?.(api.url);
              await untilOver(context.signal, service);
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

/** Where the API of a desk is served unless told. */
export const DESK_PORT = 9760;

/** Serves the desk's API beside the service. @throws HttpProblem where the address cannot be listened on */
async function serveApiOf(folder: string, desk: OpenDesk, http: HttpOptions, log: ServiceLog) {
  // Loaded only where it is served.
  const { openApiFile } = await import("../../server/api-file.js");
  const { serveDesk } = await import("../../server/desk/serve.js");
  const file = openApiFile(folder);
  try {
    const onFault = (what: string) => log.error({ event: "api", what }, "the API has a fault");
    const server = await serveDesk(desk, file, http, onFault);
    log.info({ event: "api", at: [server.url, ...server.urls].join(" ") }, "the API takes requests");
    const forget = noteServing(folder, server.url);
    return {
      url: server.url,
      async close() {
        forget();
        await server.close();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
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
