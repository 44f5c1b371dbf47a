import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeCsv, ParseError } from "../../../common/index.js";
import { authorizerConfigSchema } from "../../../issuer/authorizer/config.js";
import { parsePolicy, policyMistakes } from "../../../issuer/policy/index.js";
import { parseServiceConfig } from "../../../issuer/service/config.js";
import { configTemplate } from "../../../issuer/service/config-template.js";
import { decodeKeyMaterial, encodeKeyMaterial } from "../../../keys/key-material.js";
import { parseBoxDocument, writeBoxDocument } from "../../../keys/sealed-box.js";
import { readDeputyProfile } from "../../../lightning/dpp/index.js";
import { parseCardList } from "../../../personalize/card-list.js";
import { parseProfile } from "../../../personalize/profile.js";
import { decodeCardFile } from "../../../simulator/card-file/card-file-format.js";
import { makeCard } from "../../../simulator/index.js";
import { CARD_SECRET, NODE_URI, SEAL_KEY } from "../../card/material.js";
import { bytesOf, type FuzzTarget, textOf } from "../target.js";
import { projectRoot, vectorFile } from "../vectors.js";

const json = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value, undefined, 1));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParseError("fuzz", "not JSON", { cause });
  }
}

const PROFILE = {
  name: "festival",
  "node-uri": `0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798${NODE_URI.slice(66)}`,
  limits: {
    credit: "50000sat",
    "max-per-transaction": "25000sat",
    "pin-threshold": "5000sat",
    "no-pin-budget": "20000sat",
    "max-transactions": 1000,
  },
  pin: "random",
  "pin-length": 6,
  publish: ["available"],
  "card-keys": { version: 255, "rotate-to": 32 },
  policy: { maxPer24h: "100000sat" },
};

const YAML_WORDS = [
  "&a ",
  "*a",
  "<<: ",
  "!!binary ",
  "|\n",
  ">\n",
  "- ",
  "? ",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "none",
  "~",
  ".inf",
  "{a: ",
];

const YAML = `name: festival # a comment
node-uri: ${PROFILE["node-uri"]}
limits:
  credit: 50000sat
  max-per-transaction: none
publish: [available, pin-threshold]
policy: { a: &anchor [1, 2], "b": 'c' }
`;

/** What a reader of YAML works hard for: each as often as is accepted, and then up to 64 KiB. */
function extremeYaml(): Uint8Array[] {
  const pieces =
    '[|{a: |- |? |&a |- &a x\n|- *a\n|[a, |a: 1\n|- a: 1\n|---\n|a\n|aaaa |"\\u0041|#\n|\t|- >\n\n'.split(
      "|",
    );
  return [...pieces, "- |\n a\n"].flatMap((piece) => {
    const signs = piece.replace(/[\w ]/g, "").length;
    const accepted = Math.floor(8192 / Math.max(signs, piece.length / 8));
    return [accepted, Math.floor(65_536 / piece.length)].map((times) => bytesOf(piece.repeat(times)));
  });
}

export const profileTarget: FuzzTarget = {
  name: "personalization profiles",
  weight: 20,
  corpus: () => [json(PROFILE), bytesOf(YAML)],
  extremes: extremeYaml,
  words: YAML_WORDS,
  run: (input) => parseProfile(textOf(input), "fuzz.yaml", policyMistakes),
};

export const serviceTarget: FuzzTarget = {
  name: "the issuer's configuration",
  weight: 20,
  corpus: () => [
    bytesOf(configTemplate({ database: "issuer.db", keys: "keys.json", node: "node" })),
    json({ database: "issuer.db", policy: { maxPer24h: "1sat" } }),
  ],
  extremes: extremeYaml,
  words: YAML_WORDS,
  run: (input) => parseServiceConfig(textOf(input), "/srv/fuzz.yaml"),
};

export const cardListTarget: FuzzTarget = {
  name: "card lists (CSV)",
  weight: 40,
  corpus: () =>
    [
      "number,holder,credit\nA-1,Ann,2500sat\nA-2,,\n",
      'number,holder\r\n1,"Ann, ""the"" cook"\r\n2,Bob\r\n',
      "\u00ef\u00bb\u00bfnumber\n1\n2\n3\n",
      "sep=;\rnumber;holder;;\r1;Ann;;\r;;;\r",
      `\u00ff\u00fe${[..."number\n1\n"].join("\u0000")}\u0000`,
    ].map(bytesOf),
  words: ['"', '""', "number", "holder", "credit", "sat", "sep=", ";", "\r", "\u00ff\u00fe", "\u0000"],
  run: (input) => parseCardList(decodeCsv(input, "fuzz.csv"), "fuzz.csv"),
};

export const policyTarget: FuzzTarget = {
  name: "policies and settings",
  weight: 20,
  corpus: () => [
    json({
      maxPerTransaction: "25000sat",
      allowedPayees: [`02${"11".repeat(32)}`],
      allowedHours: [{ days: ["mon"], from: "08:00", to: "22:30" }],
      timeZone: "Europe/Zurich",
      maxFee: { base: "5sat", ppm: 5000 },
      maxTotalCltv: 1008,
    }),
    json({ maxInFlight: 1000, peerRate: { perSecond: 5, burst: 9 }, leaseMs: 60000, statusSkewSeconds: 5 }),
  ],
  words: ["sat", "UTC", "24:00", "Etc/GMT+5", "mon"],
  run(input) {
    const value = parseJson(textOf(input));
    return authorizerConfigSchema.safeParse(value).success || parsePolicy(value);
  },
};

export const deputyProfileTarget: FuzzTarget = {
  name: "deputy profiles",
  weight: 20,
  corpus() {
    const file = vectorFile("dpp-modern") as {
      vectors: { profile: unknown }[];
      profiles: { profile: unknown }[];
    };
    return [...file.vectors, ...file.profiles].map(({ profile }) => json(profile));
  },
  words: ["derived", "ldk-user-payment-hash", "bcrt", "qr", "nfc"],
  run: (input) => readDeputyProfile(textOf(input)),
};

const frozenCard = (): string =>
  readFileSync(join(projectRoot(), "test", "frozen", "card-v1.json"), "utf8").trim();

export const cardFileTarget: FuzzTarget = {
  name: "card files",
  weight: 6,
  corpus: () => [bytesOf(frozenCard())],
  run: (input) => decodeCardFile(textOf(input), "fuzz.json"),
};

/** A card file whose checksum was mended, as far as a card that gets power from it. */
export const cardImageTarget: FuzzTarget = {
  name: "card files under their checksum",
  weight: 6,
  corpus() {
    const { checksum: _, ...document } = JSON.parse(frozenCard()) as Record<string, unknown>;
    const journal = [{ cell: "card-application/counter", offset: 0, old: "00000001" }];
    return [document, { ...document, journal }].map((value) => bytesOf(JSON.stringify(value)));
  },
  words: ["card-application/", "issuer-security-domain/", '"journal":[]', "T=0"],
  run(input) {
    const value = parseJson(textOf(input));
    if (typeof value !== "object" || value === null) throw new ParseError("fuzz", "not an object");
    const { format, version, protocol, cells, journal } = value as Record<string, unknown>;
    const document = { format, version, protocol, cells, journal };
    const checksum = createHash("sha256").update(JSON.stringify(document)).digest("hex");
    const { memory } = decodeCardFile(JSON.stringify({ ...document, checksum }), "fuzz.json");
    const card = makeCard({ image: memory });
    card.powerOn();
    card.exchange(Uint8Array.from(Buffer.from("00a4040008f043484551554501", "hex")));
    return card.exchange(Uint8Array.of(0x80, 0xca, 0x00, 0xc1, 0x00)).length;
  },
};

const BOX_KEY = { parameters: { n: 2 ** 14, r: 8, p: 1 }, salt: CARD_SECRET, key: CARD_SECRET };

export const keyFileTarget: FuzzTarget = {
  name: "key files",
  weight: 40,
  corpus: () => [json(writeBoxDocument("fuzz", 1, BOX_KEY, new Uint8Array(100)))],
  words: ["16384", "checksum", "scrypt"],
  run: (input) => parseBoxDocument(textOf(input), "fuzz", 1, "fuzz.json"),
};

export const keyMaterialTarget: FuzzTarget = {
  name: "keys in a key file",
  weight: 60,
  corpus: () => [
    encodeKeyMaterial({
      issuerKeys: [CARD_SECRET, CARD_SECRET],
      masterKeys: [{ version: 1, diversification: "kdf3", key: SEAL_KEY }],
      keySets: [{ id: new Uint8Array(4), label: "festival", sealKey: SEAL_KEY, issuerKey: 1 }],
      batchKeys: [{ id: new Uint8Array(4).fill(1), label: "festival", key: SEAL_KEY }],
    }),
  ],
  run: (input) => decodeKeyMaterial(input),
};
