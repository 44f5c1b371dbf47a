import type { Sun } from "../../reference/bolt-card.js";
import { type FileCheck, type Reference, refused, same, unhex } from "./check.js";

interface Read<Fields> {
  readonly comment: string;
  readonly valid: boolean;
  readonly hex: string;
  readonly fields: Fields;
  readonly error: string;
}
interface BoltCardFile {
  readonly sun: readonly (Omit<Read<Sun>, "hex"> &
    Readonly<Record<"k1" | "k2" | "input" | "p" | "c", string>>)[];
  readonly keys: readonly {
    readonly comment: string;
    readonly issuerKey: string;
    readonly uid: string;
    readonly version: number;
    readonly fields: object;
  }[];
  readonly capabilities: readonly Read<object>[];
  readonly ndef: readonly Read<{ readonly uri: string }>[];
  readonly tickets: readonly (Omit<Read<object>, "hex"> & Readonly<Record<"issuerKey" | "k1", string>>)[];
  readonly faceStores: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly blocks: readonly { readonly data: string }[];
  }[];
  readonly faceFiles: readonly (Read<object> & Readonly<Record<"uid" | "base" | "k1" | "k2", string>>)[];
}

/** Groups of a whole second face (specs/10 §8.4). */
const FACE_GROUPS = ["0201", "0202", "8201", "8202"];

/** The reading in a file E104, where it is the face's own. @throws Refused */
function readFace(
  { boltCard, bytes }: Reference,
  { uid, base, k1, k2, hex }: BoltCardFile["faceFiles"][number],
) {
  const need: Reference["bytes"]["need"] = bytes.need;
  const file = unhex(hex);
  const uri = boltCard.readNdef(file.subarray(2, 2 + file.readUInt16BE(0)));
  const [, p, c] = /^([0-9A-F]{32})&c=([0-9A-F]{16})$/.exec(uri.slice(base.length)) ?? [];
  need(uri.startsWith(base) && p !== undefined && c !== undefined, "base");
  const { uid: own, ...fields } = boltCard.readSun({ k1: unhex(k1), k2: unhex(k2) }, unhex(p), unhex(c), "");
  need(own === uid, "identity");
  return fields;
}

/** What `k1` of an offer stands for (specs/10 §7.3). @throws Refused */
function readTicket({ bytes, crypto }: Reference, { issuerKey, k1 }: BoltCardFile["tickets"][number]) {
  const need: Reference["bytes"]["need"] = bytes.need;
  const keyOf = (purpose: string) => crypto.cmac(unhex(issuerKey), bytes.ascii(`chequecard/${purpose}`));
  need(/^[0-9a-f]{64}$/.test(k1), "k1");
  const [block, mac] = [unhex(k1).subarray(0, 16), unhex(k1).subarray(16)];
  need(bytes.hex(crypto.cmac(keyOf("k1-mac"), block)) === bytes.hex(mac), "k1");
  const plain = crypto.aesDecrypt(keyOf("k1-cipher"), Buffer.alloc(16), block);
  return { card: plain.subarray(0, 8), counter: plain.readUIntBE(8, 3), end: plain.readUIntBE(11, 5) };
}

function checkReads<Fields>(
  vectors: readonly Omit<Read<Fields>, "hex">[],
  read: (at: number) => unknown,
): void {
  for (const [at, { comment, valid, fields, error }] of vectors.entries())
    if (valid) same(read(at), fields, comment);
    else
      same(
        refused(() => read(at)),
        error,
        comment,
      );
}

/** What a program reads and writes as bytes; addresses and JSON are read with the platform's own readers. */
export const boltCards: FileCheck = {
  file: "bolt-card.json",
  check(
    reference: Reference,
    { sun, keys, capabilities, ndef, tickets, faceStores, faceFiles }: BoltCardFile,
  ) {
    const { boltCard, personalize } = reference;
    checkReads(sun, (at) => {
      const { k1 = "", k2 = "", p = "", c = "", input = "" } = sun[at] ?? {};
      return boltCard.readSun({ k1: unhex(k1), k2: unhex(k2) }, unhex(p), unhex(c), input);
    });
    for (const { comment, valid, k1, fields, p } of sun)
      if (valid) same(boltCard.piccOf(unhex(k1), fields), p, `${comment}, written`);
    for (const { comment, issuerKey, uid, version, fields } of keys)
      same(boltCard.keysOf(unhex(issuerKey), unhex(uid), version), fields, comment);
    checkReads(capabilities, (at) => boltCard.readCapabilities(unhex(capabilities[at]?.hex ?? "")));
    checkReads(ndef, (at) => ({ uri: boltCard.readNdef(unhex(ndef[at]?.hex ?? "")) }));
    checkReads(tickets, (at) => {
      const vector = tickets[at];
      return vector && readTicket(reference, vector);
    });
    for (const { comment, valid, blocks } of faceStores) {
      if (!valid) continue;
      const groups = blocks.flatMap(({ data }) => personalize.readGroups(unhex(data)));
      same([...new Set(groups.map(({ dgi }) => dgi))].sort(), FACE_GROUPS, comment);
    }
    checkReads(faceFiles, (at) => {
      const vector = faceFiles[at];
      return vector && readFace(reference, vector);
    });
  },
};
