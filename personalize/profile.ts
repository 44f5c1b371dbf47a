import { z } from "zod";
import { CAPABILITY, NO_LIMIT } from "../apdu/index.js";
import { readCardAddress } from "../bolt-card/address.js";
import {
  type Msat,
  mistakes,
  ParseError,
  parseAmount,
  readStrictYaml,
  type SchemaMistake,
  schemaMistakes,
  yamlMistakes,
} from "../common/index.js";
import { parseNodeUri } from "../lightning/node-uri.js";
import { pageBaseProblem } from "./card-page.js";
import { MAX_VALID_DAYS } from "./certify.js";
import { contradictions } from "./profile-check.js";
import type { FaceTerms, OfflineTerms, Profile } from "./profile-fields.js";

const amount = z.string().transform((text, context): Msat => {
  try {
    return parseAmount(text);
  } catch (cause) {
    context.addIssue({
      code: "custom",
      message: cause instanceof Error ? cause.message.replace(/^amount: /, "") : "no amount",
    });
    return z.NEVER;
  }
});
const limit = z.union([z.literal("none").transform(() => NO_LIMIT), amount]);
const none32 = z.literal("none").transform(() => 0xffffffff);
const keyVersion = z.int().refine((version) => (version >= 1 && version <= 127) || version === 255, {
  message: "need a key version of 1 to 127, or 255 for factory keys",
});

const nodeUri = z.string().superRefine((uri, context) => {
  const problem = nodeUriProblem(uri);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

const pageBase = z.string().superRefine((text, context) => {
  const problem = pageBaseProblem(text);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

/** Why no terminal takes a node URI, `pubkey@host:port`; undefined when every one does. */
export function nodeUriProblem(uri: string): string | undefined {
  try {
    parseNodeUri(uri, "uri");
    return undefined;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.message.slice(error.path.length + 2);
  }
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAYS = /^([1-9]\d{0,3})d$/;

/** The last second of a day, UTC, in Unix time; undefined for what is no day. */
function endOfDay(text: string): number | undefined {
  const start = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  const isDay = !Number.isNaN(start) && new Date(start).toISOString().startsWith(text);
  return isDay ? start / 1000 + 86_399 : undefined;
}

/** Terms of the certificates that the cards get (specs/09 §2). */
const offline = z
  .strictObject({
    /** Most for one payment that a terminal without a connection accepts. */
    limit: amount,
    /** Last day, UTC. */
    "valid-until": z
      .string()
      .refine((text) => endOfDay(text) !== undefined, { message: "need a day such as 2028-12-31" })
      .optional(),
    /** From the day on which a card is made. */
    "valid-for": z
      .string()
      .refine((text) => Number(DAYS.exec(text)?.[1] ?? Infinity) <= MAX_VALID_DAYS, {
        message: `need a number of days from 1d to ${MAX_VALID_DAYS}d, such as 730d`,
      })
      .optional(),
  })
  .superRefine((terms, context) => {
    const given = [terms["valid-until"], terms["valid-for"]].filter((end) => end !== undefined);
    if (given.length !== 1)
      context.addIssue({
        code: "custom",
        message: "need one of valid-until and valid-for: a certificate has an end",
      });
  });

function offlineOf(read: z.output<typeof offline>): OfflineTerms {
  const { limit, "valid-until": until, "valid-for": days } = read;
  if (until !== undefined) return { limit, validUntilSeconds: endOfDay(until) ?? 0 };
  return { limit, validForDays: Number(DAYS.exec(days ?? "")?.[1]) };
}

/** Room in the second face for what stands before the value of p (specs/10 §8.1). */
const MAX_BASE_LENGTH = 198;

/** Whether readers of such a card ask by `http://`: at onion addresses, and nearby on regtest (specs/10 §5). */
const isAskedWithoutTls = (base: string): boolean =>
  base.length <= MAX_BASE_LENGTH && readCardAddress(base, true).protocol === "http:";

/** The address that readers of a face ask: `https://cards.example/path`, which stands on the card as `lnurlw://`. */
const faceAddress = z.string().transform((text, context): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url && !url.search && !url.hash && !url.username && !url.password;
  const base = `lnurlw://${url?.host}${url?.pathname}?p=`;
  const isWeb = url?.protocol === "https:" || (url?.protocol === "http:" && isAskedWithoutTls(base));
  if (isBare && isWeb && base.length <= MAX_BASE_LENGTH) return base;
  context.addIssue({
    code: "custom",
    message:
      isBare && isWeb
        ? `need an address of at most ${MAX_BASE_LENGTH - "lnurlw://?p=".length} characters behind https://, have ${base.length - "lnurlw://?p=".length}`
        : "need an address such as https://cards.festival.example/bolt, without a question mark",
  });
  return z.NEVER;
});

/** The second face of the cards (specs/10 §8.5). */
const boltCard = z.strictObject({
  /** Where the issuer's service answers to tills of Bolt Cards. */
  address: faceAddress,
  /** Most that its account may be brought to: nobody signs the amounts, so this bounds the loss. */
  limit: amount,
  /** What its account may be used for, beyond that. */
  policy: z.record(z.string(), z.unknown()).default({}),
});

const boltCardOf = ({ address, limit: most, policy }: z.output<typeof boltCard>): FaceTerms => ({
  base: address,
  policy: { ...policy, maxBalance: `${most}msat` },
});

const PUBLISHED = {
  available: CAPABILITY.AVAILABLE_PUBLISHED,
  "max-per-transaction": CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED,
  "pin-threshold": CAPABILITY.PIN_THRESHOLD_PUBLISHED,
} as const;

/** A profile as its file has it (specs/04 §9). */
const profileSchema = z.strictObject({
  /** For people and for the journal. */
  name: z.string().min(1).max(64),
  /** Where the cards' payments are asked for. */
  "node-uri": nodeUri,
  /** Id (8 hex digits) or label of the key set. May be left out while there is only one. */
  "key-set": z.string().min(1).max(64).optional(),
  limits: z.strictObject({
    /** What a new card may spend in all. */
    credit: amount,
    "max-per-transaction": limit.default(NO_LIMIT),
    /** Above it every payment needs the PIN. */
    "pin-threshold": limit.default(NO_LIMIT),
    /** What may be spent without the PIN until it is typed again. */
    "no-pin-budget": limit.default(NO_LIMIT),
    "max-transactions": z.union([none32, z.int().min(0).max(0xfffffffe)]).default(0xffffffff),
  }),
  /** `random`: every card gets its own, written to the PIN letters. */
  pin: z.enum(["none", "random"]).default("none"),
  "pin-length": z.int().min(4).max(12).default(4),
  /** What a card tells everybody who asks. */
  publish: z
    .array(z.enum(["available", "max-per-transaction", "pin-threshold"]))
    .default(["max-per-transaction", "pin-threshold"]),
  "card-keys": z
    .strictObject({
      /** Version of the keys that the cards are delivered with. */
      version: keyVersion.default(255),
      /** Version of the keys that they shall leave with; absent: the same. */
      "rotate-to": keyVersion.optional(),
      /** How responses must be protected while a card is written. */
      responses: z.enum(["as-offered", "mac", "mac-only", "encrypted"]).default("as-offered"),
    })
    .default({ version: 255, responses: "as-offered" }),
  /** Absent: the cards get no certificate, and are not accepted by terminals without a connection. */
  offline: offline.optional(),
  /** Absent: the cards have no second face, whether or not its application is on them. */
  "bolt-card": boltCard.optional(),
  /** Where holders see what is on their cards: its QR code is printed on each. Absent: no page. */
  "card-page": pageBase.optional(),
  /** What the issuer's service allows, beyond what the card enforces. */
  policy: z.record(z.string(), z.unknown()).default({}),
});

const cardKeysOf = ({
  version,
  "rotate-to": rotateTo,
  responses,
}: z.output<typeof profileSchema>["card-keys"]): Profile["cardKeys"] => ({
  version,
  rotateTo,
  // What is required by default is no part of a batch's fingerprint, which was made before there was more.
  ...(responses === "as-offered" ? {} : { responses }),
});

/** Says what is wrong with a policy as it is written: an empty list for a good one. */
export type PolicyMistakes = (policy: unknown) => readonly SchemaMistake[];

/** What is wrong with the policy of a profile as it is written; one that is no map is the profile's own mistake. */
function mistakesOfPolicy(value: unknown, policyMistakes: PolicyMistakes): SchemaMistake[] {
  const policy = (value as { readonly policy?: unknown } | null | undefined)?.policy;
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) return [];
  return policyMistakes(policy).map(({ path, problem }) => ({ path: ["policy", ...path], problem }));
}

/**
 * Reads a profile from YAML (JSON is YAML too). All mistakes are named at once, each with its line and path.
 * @param path of the file, for errors
 * @param policyMistakes what the issuer's service has against a policy; by default the registry judges it later
 * @throws ParseError
 */
export function parseProfile(text: string, path: string, policyMistakes: PolicyMistakes = () => []): Profile {
  const value = readStrictYaml(text, path);
  const result = profileSchema.safeParse(value);
  const profile = result.success ? profileOf(result.data) : undefined;
  const list = [
    ...(profile ? contradictions(profile) : []),
    ...(result.success ? [] : schemaMistakes(result.error, profileSchema, value)),
    ...mistakesOfPolicy(value, policyMistakes),
  ];
  if (!profile || list.length > 0)
    throw mistakes(path, yamlMistakes(list, text, "profile"), "Correct the profile; no card was touched.");
  return profile;
}

function profileOf(read: z.output<typeof profileSchema>): Profile {
  const { limits } = read;
  return {
    name: read.name,
    nodeUri: read["node-uri"],
    keySet: read["key-set"],
    credit: limits.credit,
    limits: {
      maxPerTransaction: limits["max-per-transaction"],
      pinThreshold: limits["pin-threshold"],
      noPinBudget: limits["no-pin-budget"],
      maxTransactions: limits["max-transactions"],
    },
    pinLength: read.pin === "random" ? read["pin-length"] : undefined,
    publish: read.publish.reduce((bits, name) => bits | PUBLISHED[name], 0),
    cardKeys: cardKeysOf(read["card-keys"]),
    // Absent from the fingerprint of a batch without it, as before there was any.
    ...(read.offline ? { offline: offlineOf(read.offline) } : {}),
    ...(read["card-page"] === undefined ? {} : { cardPage: read["card-page"] }),
    policy: read.policy,
    ...(read["bolt-card"] ? { boltCard: boltCardOf(read["bolt-card"]) } : {}),
  };
}
