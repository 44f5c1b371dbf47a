import type { Expectations, Pack } from "../../reference/pack.js";
import { type FileCheck, type Reference, refused, same, unhex } from "./check.js";

interface Vector {
  readonly comment: string;
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly hex: string;
  readonly fields: Pack;
  readonly error: string;
}

interface PackFile {
  readonly keys: Readonly<Record<"terminal" | "issuer" | "otherIssuer" | "ephemeral" | "nonce", string>>;
  readonly contents: readonly Vector[];
  readonly vectors: readonly Vector[];
  readonly installs: readonly {
    readonly comment: string;
    readonly expected: Expectations;
    readonly error?: string;
  }[];
}

export const packs: FileCheck = {
  file: "offline-pack.json",
  check({ pack: packs }: Reference, { keys, contents, vectors, installs }: PackFile) {
    for (const { comment, valid, canonical = true, hex, fields, error } of contents) {
      const read = () => packs.readContent(unhex(hex));
      if (!valid) {
        same(refused(read), error, comment);
        continue;
      }
      same(read(), fields, comment);
      if (canonical) same(packs.writeContent(fields), hex, `${comment}, written`);
    }
    const terminal = unhex(keys.terminal);
    const sealing = {
      ephemeralKey: unhex(keys.ephemeral),
      nonce: unhex(keys.nonce),
      signingKey: unhex(keys.issuer),
    };
    for (const { comment, valid, hex, fields, error } of vectors) {
      const open = () => packs.openPack(unhex(hex), terminal);
      if (!valid) {
        same(refused(open), error, comment);
        continue;
      }
      same(open(), fields, comment);
      same(packs.writePack(fields, sealing), hex, `${comment}, written`);
    }
    const [{ fields: pack } = { fields: {} as Pack }] = vectors;
    for (const { comment, expected, error = null } of installs)
      same(packs.installProblem(pack, expected), error, comment);
  },
};
