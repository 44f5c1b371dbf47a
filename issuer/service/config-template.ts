import { printAmount } from "../../common/index.js";
import type { Network } from "../../lightning/network.js";
import type { AuthorizerSettings } from "../authorizer/config.js";
import { authorizerConfigSchema } from "../authorizer/index.js";
import type { ServiceConfig } from "./config.js";

/** What each option of the authorizer means. */
const AUTHORIZER: Readonly<Record<keyof AuthorizerSettings, string>> = {
  maxInFlight:
    "Payments of this node reserved and not yet resolved, of all its services; never more than it has HTLCs.",
  maxInFlightPerPayee: "The same for one payee, of all nodes.",
  maxInFlightPerCard: "The same for one card, of all nodes.",
  keptPlacesPercent:
    "Of the places of all and of each payee, how many are kept for cards with nothing in flight.",
  maxFeesPer24h:
    "Routing fees of all cards in any 24 hours at most. Beyond it only routes that cost nothing are paid.",
  maxFeesPer30d: "The same in any 30 days.",
  peerRate: "Requests of one peer.",
  cardRate:
    "New tokens and statuses of one card with a valid signature; repeats of each have the same rate, apart.",
  maxPending: "Requests being worked on at once; more are met with silence.",
  payTimeoutMs: 'How long a payment is waited for before the answer is "not known yet".',
  leaseMs: "How long a process may pay an authorization before another one takes it over.",
  expiryMarginMs: "How long after its expiry an invoice is surely paid by no node any more.",
  presentationAgeMs:
    "How old skipped authorizations must be before they are released to the card. Tell the merchants: after it an old token is worth nothing.",
  maxExpirySeconds:
    "Longest time until an invoice expires, 600 to 604800: for so long its money may stay reserved. Not below the forwarding window of offline terminals.",
  statusSkewSeconds: "How far the time in a card's status may be from this machine's clock.",
  maxBatch: "Most authorizations in one database transaction.",
};

/** The other options that have a default, in the order of the file. */
const OPTIONS: readonly (readonly [keyof ServiceConfig, value: string, about: string])[] = [
  [
    "monitor",
    "127.0.0.1:9740",
    "Where /metrics (Prometheus) and /health answer: this machine only; or off. There is no password on it.",
  ],
  [
    "logLevel",
    "info",
    "error, warn, info or debug. The log goes to standard output, one JSON object a line.",
  ],
  [
    "reconcileSeconds",
    "15",
    "How often payments without a known end are looked after, and skipped authorizations released.",
  ],
  [
    "shutdownSeconds",
    "20",
    "How long a stop waits for payments in flight; what is left is resolved by the next start.",
  ],
  ["timeZone", "UTC", "Days of reports begin at midnight here, such as Europe/Zurich."],
  ["maxTopUp", "1000000sat", "The largest amount that `chequecard cards top-up` books at once."],
];

/** An lnd as it stands in a new configuration. */
interface LndTemplate {
  readonly network: Network;
  readonly address: string;
  readonly certificate: string | undefined;
  readonly macaroon: string;
}

/** What `issuer init` knows of a new issuer. */
export interface TemplateValues {
  /** File relative to the folder, or `postgresql://` address. */
  readonly database: string;
  readonly keys: string;
  /** Folder of an embedded node, or an lnd with its network. */
  readonly node: string | LndTemplate;
  /** ISO 4217; undefined: none. */
  readonly currency?: string | undefined;
}

/**
 * A configuration file for a new issuer, with every option explained; those with a default are there as comments,
 * and taking the `#` away changes nothing until the value is changed.
 */
export function configTemplate({ database, keys, node, currency }: TemplateValues): string {
  const quote = (text: string): string => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text));
  const isUrl = /^postgres(ql)?:\/\//.test(database);
  const lines = [
    "# The issuer service of chequecard. Paths are relative to this file's folder.",
    "# Who changes this file restarts the service; `chequecard issuer check <folder>` reads it first.",
    "",
    "# The network of node and ledger: mainnet, testnet, signet or regtest (bcrt). The embedded node runs on regtest only.",
    `network: ${typeof node === "string" ? "bcrt" : node.network}`,
    "",
    "# The ledger: a file, or a PostgreSQL server that several services may share. A password is best kept out of here:",
    "# set PGPASSWORD, or use ~/.pgpass.",
    "database:",
    isUrl ? `  postgres: ${quote(database)}` : `  sqlite: ${quote(database)}`,
    isUrl ? "  # connections: 5" : "  # postgres: postgresql://issuer@db.example/ledger",
    "",
    "# The key file: mode 600, opened with a passphrase at every start.",
    `keys: ${quote(keys)}`,
    "",
    ...nodeLines(node, quote),
    "",
    "# Currency of sums at the desk, so that `cards top-up --amount 5 --rate 61500` is 5 of it; a code of ISO 4217, or none.",
    currency === undefined ? "# currency: none" : `currency: ${currency}`,
    "",
    ...OPTIONS.flatMap(([name, value, about]) => [`# ${about}`, `# ${name}: ${value}`, ""]),
    "# Names of stalls in reports, by the node id of each, such as { 02ab...: Bar }.",
    "# payees: {}",
    "",
    "# Policies that `chequecard cards limits --policy <name>` gives to a card. A card's first policy is that of its",
    "# profile. Options: minPerTransaction, maxPerTransaction, maxBalance, maxPer24h, maxPer30d, allowedPayees, allowedHours,",
    "# timeZone, maxFee, maxFeesPer24h, maxFeesPer30d, feesBorneBy, maxTotalCltv, minRemainingSeconds, allowAmountless, pinRequiredAbove, tellsBalance; see docs/issuer.md.",
    "# policies: {}",
    "",
    "# The pages on which holders see what is on their cards (`issuer serve --card-page`, docs/issuer.md): where cards are",
    '# unblocked, in your words, and a rate at which the balance stands in a currency too: { desk: "Info tent", rate: 61500eur }.',
    "# cardPage: {}",
    "",
    "# Terminals that accept cards while nobody has a connection (docs/issuer.md). presentationAgeMs below has to be above",
    "# the forwarding window, and maxFeesPer24h enough for what comes at once.",
    "# offline:",
    "#   # Seconds within which a terminal forwards what it accepted; how long its invoices live.",
    "#   forwardingWindowSeconds: 259200",
    "#   # Seconds for which a new pack is valid.",
    "#   packValidSeconds: 604800",
    "#   # The most that a terminal accepts: one sale, one card, all that is not forwarded, its sales, age of its pack.",
    "#   floorLimits: { perSale: 20000sat, perCard: 50000sat, perTerminal: 2000000sat, maxSales: 1000, maxPackAgeSeconds: 259200 }",
    "#   # Whether limits of a card in 24 hours and 30 days hold for these terminals.",
    "#   periodLimits: true",
    "#   # What you pay although a card is out of use, has not got the money or spent too much in a period; it owes it then.",
    "#   guarantee: { perCard: 20000sat, total: 1000000sat, contradictions: false }",
    "",
    "# Bolt Cards (docs/bolt-card.md): served with issuer serve --bolt-cards. Nobody signs their amounts, so the default",
    "# policy is low. Beside it: description, readingSeconds, maxPinTries, onClone, onOldReading, batches, behindProxy,",
    "# rate, addressRate, cardRate, maxPending.",
    "# boltCards:",
    "#   # Where terminals reach the listener; it is written on every chip, and stays as long as the chips.",
    "#   address: https://cards.festival.example",
    "#   policy: { maxPerTransaction: 10000sat, maxPer24h: 30000sat, pinRequiredAbove: 5000sat }",
    "",
    "# What holds for every card. Times in milliseconds unless the name says otherwise.",
    "# authorizer:",
    ...authorizerLines(),
  ];
  return `${lines.join("\n")}\n`;
}

function nodeLines(node: TemplateValues["node"], quote: (text: string) => string): string[] {
  if (typeof node === "string")
    return [
      "# Folder of the embedded Lightning node that pays. The ledger takes its first node by itself, every other one",
      "# only after: chequecard ledger add-node <id>",
      `node: ${quote(node)}`,
      "# An lnd instead, which pays real money on mainnet (docs/nodes.md):",
      "#     node: { type: lnd, address: 127.0.0.1:10009, certificate: tls.cert, macaroon: chequecard.macaroon }",
    ];
  const { address, certificate, macaroon } = node;
  return [
    "# The lnd that pays. The ledger takes its first node by itself, every other one only after: chequecard ledger",
    "# add-node <id>. On mainnet no payment is above maxPayment, 1000000sat unless it stands here, and none is made",
    "# before somebody has agreed or realMoney is true.",
    "node:",
    "  type: lnd",
    `  address: ${JSON.stringify(address)}`,
    ...(certificate === undefined ? [] : [`  certificate: ${quote(certificate)}`]),
    `  macaroon: ${quote(macaroon)}`,
    "  # maxPayment: 1000000sat",
    "  # realMoney: true",
  ];
}

function authorizerLines(): string[] {
  const defaults = authorizerConfigSchema.parse({});
  return (Object.keys(AUTHORIZER) as (keyof AuthorizerSettings)[]).flatMap((name) => {
    const value = defaults[name];
    const text =
      typeof value === "bigint"
        ? printAmount(value)
        : typeof value === "number"
          ? String(value)
          : `{ perSecond: ${value.perSecond}, burst: ${value.burst} }`;
    return [`#   # ${AUTHORIZER[name]}`, `#   ${name}: ${text}`];
  });
}
