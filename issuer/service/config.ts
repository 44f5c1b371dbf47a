import { isIPv4, isIPv6 } from "node:net";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import {
  isCurrency,
  mistakes,
  ParseError,
  parsePrice,
  readStrictYaml,
  sat,
  schemaMistakes,
  ValueError,
  yamlMistakes,
} from "../../common/index.js";
import {
  type LndConfig,
  lndConfigOf,
  lndConfigSchema,
  networkName,
} from "../../lightning/nodes/lnd/config.js";
import type { AuthorizerConfig } from "../authorizer/config.js";
import { authorizerConfigSchema } from "../authorizer/index.js";
import { offlineConfigSchema } from "../authorizer/offline-config.js";
import { boltCardsConfigSchema } from "../bolt-cards/config.js";
import { policySchema } from "../policy/index.js";
import { amount, timeZone } from "../policy/schema.js";
import { postgresName, readPostgresAddress } from "../store/postgres-address.js";
import { offlineProblem } from "./offline.js";

/** Where a server of this process listens. */
export interface ListenAddress {
  /** An address, without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

const listen = z.string().transform((text, context): ListenAddress | undefined => {
  if (text === "off") return undefined;
  const found = /^(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(text);
  const host = found?.[1] ?? found?.[2] ?? "";
  const port = Number.parseInt(found?.[3] ?? "65536", 10);
  const named = found?.[1] === undefined ? !isIPv6(host) : isIPv6(host);
  if (!named || port > 65535) {
    context.addIssue({ code: "custom", message: "need host:port such as 127.0.0.1:9740, or off" });
    return z.NEVER;
  }
  if (!isLoopback(host)) {
    context.addIssue({
      code: "custom",
      message: `need an address of this machine such as 127.0.0.1, have ${host}: there is no password on it`,
    });
    return z.NEVER;
  }
  return { host, port };
});

const postgresUrl = z.string().superRefine((text, context) => {
  try {
    readPostgresAddress(text);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    context.addIssue({ code: "custom", message: error.problem });
  }
});

const MAX_POLICIES = 256;

const MAX_PAYEES = 10_000;

/** Names of stalls, by the node id of each. */
const payees = z
  .record(
    z.string().regex(/^0[23][0-9a-f]{64}$/, "need a node id of 66 lower-case hex digits"),
    z.string().min(1).max(64),
  )
  .refine((named) => Object.keys(named).length <= MAX_PAYEES, `need at most ${MAX_PAYEES} payees`)
  .prefault({});

/** Counted before they are read: checking a time zone takes a while. */
const policies = z
  .record(z.string().min(1).max(64), z.unknown())
  .refine((named) => Object.keys(named).length <= MAX_POLICIES, `need at most ${MAX_POLICIES} policies`)
  .pipe(z.record(z.string(), policySchema))
  .prefault({});

const currency = z
  .string()
  .refine((code) => code === "none" || isCurrency(code), "need a code of ISO 4217 such as eur, or none")
  .transform((code) => (code === "none" ? undefined : code.toLowerCase()));

/** A price of one bitcoin, such as 61500eur. */
const price = z.string().transform((text, context) => {
  try {
    return parsePrice(text, "rate");
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    context.addIssue({ code: "custom", message: cause.message.replace(/^rate: /, "") });
    return z.NEVER;
  }
});

/** What holders see on the pages of their cards, beside what the ledger has. */
const cardPage = z
  .strictObject({
    /** At which the balance stands in a currency too. */
    rate: price.optional(),
    /** Where cards are unblocked. */
    desk: z.string().trim().min(1).max(100).optional(),
  })
  .prefault({});

/** The issuer service's configuration file. Relative paths are relative to its folder. */
export const serviceConfigSchema = z.strictObject({
  network: networkName.prefault("bcrt"),
  database: z
    .union(
      [
        z.strictObject({ sqlite: z.string().min(1) }),
        z.strictObject({ postgres: postgresUrl, connections: z.int().min(1).max(100).default(5) }),
      ],
      "need either sqlite: <file> or postgres: postgresql://user@host/database",
    )
    .default({ sqlite: "ledger.db" }),
  keys: z.string().min(1).default("issuer.keys"),
  node: z
    .union(
      [z.string().min(1), lndConfigSchema],
      "need the folder of an embedded node, or { type: lnd, address: <host:port>, certificate: <file>, macaroon: <file> }",
    )
    .default("node"),
  monitor: listen.prefault("127.0.0.1:9740"),
  logLevel: z.enum(["error", "warn", "info", "debug"]).default("info"),
  reconcileSeconds: z.number().min(0.1).max(3600).default(15),
  shutdownSeconds: z.number().min(1).max(600).default(20),
  timeZone: timeZone.default("UTC"),
  currency: currency.prefault("none"),
  maxTopUp: amount.default(sat(1_000_000)),
  payees,
  policies,
  cardPage,
  authorizer: authorizerConfigSchema.prefault({}),
  offline: offlineConfigSchema.optional(),
  boltCards: boltCardsConfigSchema.optional(),
});

/** What the issuer service runs with; paths are absolute. */
export type ServiceConfig = Omit<z.output<typeof serviceConfigSchema>, "node" | "authorizer"> & {
  /** With the section `offline`. */
  readonly authorizer: AuthorizerConfig;
  /** Folder of the embedded node, or of what is kept beside an lnd. */
  readonly node: string;
  /** The lnd that pays, instead of an embedded node. */
  readonly lnd: LndConfig | undefined;
};

/**
 * Reads a configuration file. Every mistake is named at once, each with its path.
 * @param path of the file: for errors, and for what relative paths are relative to
 * @throws ParseError
 */
export function parseServiceConfig(text: string, path: string): ServiceConfig {
  const value = readStrictYaml(text, path) ?? {};
  const result = serviceConfigSchema.safeParse(value);
  if (!result.success) {
    const list = schemaMistakes(result.error, serviceConfigSchema, value);
    const hint = "Correct the file; nothing was started.";
    throw mistakes(path, yamlMistakes(list, text, "configuration"), hint);
  }
  const at = (file: string): string => resolve(dirname(path), file);
  const { data } = result;
  if (typeof data.node === "string" && data.network !== "bcrt")
    throw new ParseError(path, "network: need regtest, since the embedded node runs on no other", {
      hint: "For real money name an lnd: node: { type: lnd, address, certificate, macaroon }. See docs/nodes.md.",
    });
  if (data.boltCards && data.network !== "bcrt" && !isPrivate(data.boltCards.address))
    throw new ParseError(path, "boltCards/address: need https, or an onion address", {
      hint: "What cards and terminals say to each other would be read, and changed, on the way.",
    });
  const problem = offlineProblem(data);
  if (problem)
    throw new ParseError(path, problem, {
      hint: "Raise it: what a terminal presents later is refused, though it has handed the goods out.",
    });
  return {
    ...data,
    authorizer: { ...data.authorizer, offline: data.offline },
    database: "sqlite" in data.database ? { sqlite: at(data.database.sqlite) } : data.database,
    keys: at(data.keys),
    node: at(typeof data.node === "string" ? data.node : "node"),
    lnd: typeof data.node === "string" ? undefined : lndConfigOf(data.node, at),
  };
}

/** Whether nobody on the way reads what is sent there. */
const isPrivate = (address: string): boolean =>
  address.startsWith("https:") || new URL(address).hostname.endsWith(".onion");

/** The database as it may be printed: a password in the address is left out. */
export function databaseName(database: ServiceConfig["database"]): string {
  if ("sqlite" in database) return database.sqlite;
  return postgresName(database.postgres);
}
