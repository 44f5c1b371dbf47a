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
  check({ boltCard }: Reference, { sun, keys, capabilities, ndef }: BoltCardFile) {
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
  },
};
