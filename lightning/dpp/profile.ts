import { z } from "zod";
import { bytesToHex, hexToBytes, ParseError, schemaMistakes, secp256k1 } from "../../common/index.js";
import { isNetwork, type RouteHop } from "../bolt11/index.js";
import type { Network } from "../network.js";
import { ODT_MEDIA, type OdtMedium } from "../odt/media.js";
import type { SecretScheme } from "./payment-secret.js";

/**
 * What a terminal needs to make invoices that the recipient's node takes, without ever talking to it
 * (specs/07 §6). The adapter of the recipient's node exports it; anyone who holds it can act as this terminal.
 */
export interface DeputyProfile {
  readonly network: Network;
  /** What people call the terminal, 1 to 64 characters. */
  readonly name: string;
  /** Secret key of the deputy, the payee of the invoices, 32 bytes. */
  readonly payeeKey: Uint8Array;
  /** At least one way to the deputy. The last hop starts at the recipient's node and costs nothing. */
  readonly routeHints: readonly (readonly RouteHop[])[];
  readonly secretScheme: SecretScheme;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** 32 bytes, of this terminal alone. */
  readonly terminalKey: Uint8Array;
  /** Blocks for the last HTLC, at least {@link MIN_CLTV_DELTA}. */
  readonly minFinalCltv: number;
  /** Whether payers may split a payment (`basic_mpp`). */
  readonly multiPart: boolean;
  /** Media that invoices announce; normally none. */
  readonly media: readonly OdtMedium[];
}

/** Least CLTV delta of invoice and of the hint's last hop (specs/07 §6). */
export const MIN_CLTV_DELTA = 40;
/** Longest text of a profile that is read. */
const MAX_TEXT = 65_536;
const FORMAT = "chequecard/deputy-profile";
const VERSION = 1;

const fixed = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${2 * length}}$`), `need ${length} bytes in lower-case hex`)
    .transform((hex) => hexToBytes(hex));
const secretKey = fixed(32).refine((bytes) => secp256k1.isSecretKey(bytes), "need a secret key of secp256k1");
const nodeId = fixed(33).refine((bytes) => secp256k1.isPublicKey(bytes), "need a point of secp256k1");
const integer = (min: number, max: number) =>
  z
    .number(`need an integer from ${min} to ${max}`)
    .refine(
      (value) => Number.isInteger(value) && value >= min && value <= max,
      `need an integer from ${min} to ${max}`,
    );

const hop = z.strictObject({
  nodeId,
  shortChannelId: z
    .string()
    .regex(/^(?:0|[1-9]\d{0,19})$/, "need a decimal number as a string, without leading zeros")
    .transform(BigInt)
    .refine((value) => value < 2n ** 64n, "need a number of 64 bits"),
  feeBase: integer(0, 0xffffffff),
  feeProportional: integer(0, 0xffffffff),
  cltvDelta: integer(0, 0xffff),
});

const hint = z
  .array(hop)
  .min(1, "need at least one hop")
  .max(8, "need at most 8 hops")
  .refine((hops) => {
    const last = hops.at(-1);
    return last?.feeBase === 0 && last.feeProportional === 0;
  }, "need a last hop without fees")
  .refine((hops) => (hops.at(-1)?.cltvDelta ?? 0) >= MIN_CLTV_DELTA, {
    error: `need a last hop with a CLTV delta of at least ${MIN_CLTV_DELTA}`,
  });

const secretScheme = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("derived") }),
    z.strictObject({
      type: z.literal("ldk-user-payment-hash"),
      metadataKey: fixed(32),
      userPmtHashKey: fixed(32),
    }),
  ],
  "need the type derived or ldk-user-payment-hash",
);

const schema = z.strictObject({
  format: z.literal(FORMAT, `need "${FORMAT}"`),
  version: z.literal(VERSION, `need ${VERSION}`),
  network: z.string().refine(isNetwork, "need bc, tb, tbs, bcrt or sb"),
  name: z.string().min(1, "need 1 to 64 characters").max(64, "need 1 to 64 characters"),
  payeeKey: secretKey,
  routeHints: z.array(hint).min(1, "need at least one route hint").max(4, "need at most 4 route hints"),
  secretScheme,
  keyId: fixed(4),
  terminalKey: fixed(32),
  minFinalCltv: integer(MIN_CLTV_DELTA, 2016),
  multiPart: z.boolean("need true or false"),
  media: z.array(z.enum(ODT_MEDIA, "need qr or nfc")).max(2, "need at most 2 media"),
});

/**
 * Reads a deputy profile from JSON.
 * @throws ParseError with the path of the field; it never repeats a value, since most of them are secret
 */
export function readDeputyProfile(text: string): DeputyProfile {
  if (text.length > MAX_TEXT)
    throw new ParseError("profile", `need at most ${MAX_TEXT} characters, have ${text.length}`);
  const value = parseJson(text);
  const found = schema.safeParse(value);
  if (found.success) {
    const { format: _, version: __, ...profile } = found.data;
    return profile as DeputyProfile;
  }
  const [mistake] = schemaMistakes(found.error, schema, value);
  const path = ["profile", ...(mistake?.path ?? [])].join("/");
  if (path === "profile/version")
    throw new ParseError(path, `need ${VERSION}`, {
      hint: "The profile was made by another version of this software.",
    });
  throw new ParseError(path, mistake?.problem ?? "not valid");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause would repeat a piece of the text.
    throw new ParseError("profile", "not JSON");
  }
}

/**
 * A deputy profile as JSON, checked like one that is read. It holds secrets: keep it in a file of mode 600.
 * @throws ParseError
 */
export function writeDeputyProfile(profile: DeputyProfile): string {
  const { secretScheme, ...rest } = profile;
  const text = JSON.stringify(
    {
      format: FORMAT,
      version: VERSION,
      ...rest,
      payeeKey: bytesToHex(profile.payeeKey),
      routeHints: profile.routeHints.map((hops) =>
        hops.map((hop) => ({
          ...hop,
          nodeId: bytesToHex(hop.nodeId),
          shortChannelId: hop.shortChannelId.toString(),
        })),
      ),
      secretScheme:
        secretScheme.type === "derived"
          ? secretScheme
          : {
              type: secretScheme.type,
              metadataKey: bytesToHex(secretScheme.metadataKey),
              userPmtHashKey: bytesToHex(secretScheme.userPmtHashKey),
            },
      keyId: bytesToHex(profile.keyId),
      terminalKey: bytesToHex(profile.terminalKey),
    },
    null,
    2,
  );
  readDeputyProfile(text);
  return `${text}\n`;
}
