import type { Command } from "commander";
import { keysOf } from "../../issuer/bolt-cards/batches.js";
import type { BoltCardsConfig } from "../../issuer/bolt-cards/config.js";
import type { BoltCardDesk } from "../../issuer/bolt-cards/desk.js";
import { chipKeys, programChip } from "../../issuer/bolt-cards/programming.js";
import type { ServiceConfig, ServiceLog } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { KeySource } from "../../keys/index.js";
import type { HttpOptions, HttpServer } from "../../server/http-server.js";
import { InputError } from "../error-report.js";
import { readHttpOptions } from "../http-options.js";

/** Where Bolt Cards are served unless the command says otherwise. */
const BOLT_CARDS_PORT = 9780;

/** `--bolt-cards` and what belongs to it. */
export interface BoltCardsChoice {
  readonly boltCards?: string | true;
  readonly boltCardsCertificate?: string;
  readonly boltCardsKey?: string;
}

/** Adds the options of {@link BoltCardsChoice}. */
export const boltCardsOptions = (command: Command): Command =>
  command
    .option(
      "--bolt-cards [host:port]",
      `serve Bolt Cards (LNURL-withdraw) on a listener of their own; default: 127.0.0.1:${BOLT_CARDS_PORT}, behind a proxy`,
    )
    .option("--bolt-cards-certificate <file>", "TLS: certificate chain, PEM")
    .option("--bolt-cards-key <file>", "TLS: its key, PEM");

/** Where to serve Bolt Cards, and how; undefined: it was not asked for. @throws InputError */
export async function readBoltCardsOptions(
  { boltCards, boltCardsCertificate, boltCardsKey }: BoltCardsChoice,
  { boltCards: config, network }: ServiceConfig,
): Promise<{ readonly http: HttpOptions; readonly config: BoltCardsConfig } | undefined> {
  if (boltCards === undefined) return undefined;
  if (!config)
    throw new InputError("--bolt-cards: the configuration has no section boltCards", {
      hint: "Add it to issuer.yaml with the address that terminals reach: see docs/bolt-card.md.",
    });
  const http = await readHttpOptions(
    {
      http: boltCards,
      ...(boltCardsCertificate === undefined ? {} : { httpCertificate: boltCardsCertificate }),
      ...(boltCardsKey === undefined ? {} : { httpKey: boltCardsKey }),
      // A proxy of the operator's has the certificate, and money of the test network is none.
      httpPlain: config.behindProxy || network === "bcrt",
    },
    BOLT_CARDS_PORT,
  ).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.message.replaceAll("--http", "--bolt-cards"), {
      hint: "Listen on 127.0.0.1 behind a proxy with a certificate, or give --bolt-cards-certificate and --bolt-cards-key.",
    });
  });
  return http && { http: { ...http, option: "--bolt-cards" }, config };
}

/** What Bolt Cards are served beside. */
interface BoltCardsBeside {
  readonly store: Store;
  readonly keys: KeySource;
  readonly log: ServiceLog;
  readonly desk: BoltCardDesk;
}

/** Serves Bolt Cards until it is closed. @throws HttpProblem where the address cannot be listened on */
export async function serveBoltCardsOf(
  { store, keys, log, desk }: BoltCardsBeside,
  { http, config }: { readonly http: HttpOptions; readonly config: BoltCardsConfig },
): Promise<HttpServer> {
  // Loaded only where it is served.
  const { serveBoltCards } = await import("../../server/bolt-cards/serve.js");
  const server = await serveBoltCards(http, {
    desk,
    config,
    program: (code, uid) => programChip({ store, keys, clock: Date.now }, config.address, code, uid),
    wipe: async (code, p, c) => {
      const row = await desk.wipe(code, p, c);
      if (typeof row === "string") return row;
      const version = Number.parseInt(`${row.version}`, 10);
      return chipKeys(config.address, await keysOf(keys, row.batch, row.uid, version));
    },
    onFault: (what) =>
      log.error({ event: "bolt-cards", what }, "a request for a Bolt Card could not be answered"),
  });
  log.info({ event: "bolt-cards", at: server.url, address: config.address }, "Bolt Cards are served");
  return server;
}
