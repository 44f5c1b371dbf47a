import { createHmac } from "node:crypto";
import { concatBytes, equalBytes, hexToBytes } from "../../../common/index.js";
import { sha256 } from "../../../common/sha256.js";
import { readBundle } from "../../../offline/bundle.js";
import { type CodesKind, CodesReader } from "../../../offline/codes.js";
import { decodePackContent } from "../../../offline/pack-content.js";
import { openPack } from "../../../offline/pack-file.js";
import { readResults } from "../../../offline/results.js";
import { bytesOf, chunksOf, type FuzzTarget, joinChunks, textOf } from "../target.js";
import { bytesIn, vectorFile } from "../vectors.js";

const TERMINAL_KEY = hexToBytes("61".repeat(32));
const KEY_ID = hexToBytes("00000007");
const FILE_ID = hexToBytes("f1".repeat(16));
const LISTS = [
  { name: "bundles", tag: "chequecard/offline-bundle" },
  { name: "results", tag: "chequecard/offline-results" },
] as const;

/** First byte: which kind of file. What is mutated has a right MAC. */
export const carriedTarget: FuzzTarget = {
  name: "bundles and results",
  weight: 60,
  corpus: () => {
    const file = vectorFile("offline-bundle") as Readonly<Record<string, unknown>>;
    return LISTS.flatMap(({ name }, kind) =>
      bytesIn(file[name], ["hex"]).map((bytes) => Uint8Array.of(kind, ...bytes.subarray(0, -32))),
    );
  },
  prepare(input) {
    const { tag } = LISTS[(input[0] ?? 0) % 2] ?? LISTS[0];
    const key = createHmac("sha256", TERMINAL_KEY).update(tag).digest();
    return concatBytes(input, createHmac("sha256", key).update(input.subarray(1)).digest());
  },
  run(input) {
    const [kind = 0] = input;
    const bytes = input.subarray(1);
    if (kind % 2 === 1)
      return readResults(bytes, "bcrt", { keyId: KEY_ID, terminalKey: TERMINAL_KEY, fileId: FILE_ID });
    return readBundle(bytes, "bcrt", (keyId) => (equalBytes(keyId, KEY_ID) ? TERMINAL_KEY : undefined));
  },
};

/** First byte: a file, or what is in its box. */
export const packTarget: FuzzTarget = {
  name: "acceptance packs",
  weight: 60,
  corpus: () => {
    const file = vectorFile("offline-pack") as Readonly<Record<string, unknown>>;
    return ["vectors", "contents"].flatMap((name, kind) =>
      bytesIn(file[name], ["hex"]).map((bytes) => Uint8Array.of(kind, ...bytes)),
    );
  },
  run(input) {
    const bytes = input.subarray(1);
    return (input[0] ?? 0) % 2 === 1 ? decodePackContent(bytes) : openPack(bytes, PACK_KEY);
  },
};
const PACK_KEY = hexToBytes("71".repeat(32));

const KINDS: readonly CodesKind[] = ["bundle", "results", "pack"];

/** First byte: what is wanted; then the codes. What is mutated has right checks. */
export const codesTarget: FuzzTarget = {
  name: "QR codes of carried files",
  weight: 60,
  corpus: () =>
    (vectorFile("offline-codes") as { vectors: { kind: CodesKind; codes: string[] }[] }).vectors.map(
      ({ kind, codes }) =>
        Uint8Array.of(
          KINDS.indexOf(kind),
          ...joinChunks(codes.map((code) => Uint8Array.from(Buffer.from(code, "hex")).subarray(0, -4))),
        ),
    ),
  prepare(input) {
    const texts = [...chunksOf(input.subarray(1))].map((code) => {
      const text = Buffer.from(concatBytes(code, sha256(code).slice(0, 4))).toString("hex");
      return bytesOf(text.slice(0, 0xffff));
    });
    return concatBytes(input.subarray(0, 1), joinChunks(texts));
  },
  run(input) {
    const reader = new CodesReader(KINDS[(input[0] ?? 0) % 3] ?? "pack");
    for (const text of chunksOf(input.subarray(1))) reader.take(textOf(text));
    return reader.whole();
  },
};
