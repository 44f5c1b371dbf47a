import type { Bundle, ListReader, Results } from "../../reference/bundle.js";
import type { Kind } from "../../reference/codes.js";
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

interface CertifiedVector {
  readonly comment: string;
  readonly valid: boolean;
  readonly certificate: string;
  readonly token: string;
  readonly amount: string;
  readonly now: number;
  readonly fields: object;
  readonly error: string;
}

interface CertificateFile {
  readonly keys: {
    readonly issuer: { readonly point: string };
    readonly keySets: readonly { readonly keySetId: string; readonly sealKey: string }[];
  };
  readonly vectors: readonly CertifiedVector[];
}

export const certificates: FileCheck = {
  file: "offline-certificate.json",
  check({ certificate: reader }: Reference, { keys, vectors }: CertificateFile) {
    const keySets = Object.fromEntries(
      keys.keySets.map(({ keySetId, sealKey }) => [keySetId, { sealKey, issuerPoint: keys.issuer.point }]),
    );
    for (const { comment, valid, certificate, token, amount, now, fields, error } of vectors) {
      const input = { certificate: unhex(certificate), token: unhex(token), amount: BigInt(amount), now };
      const verify = () => reader.verifyCertified(input, keySets);
      if (valid) same(verify(), fields, comment);
      else same(refused(verify), error, comment);
    }
  },
};

interface ListVector<T> {
  readonly comment: string;
  readonly valid: boolean;
  readonly hex: string;
  readonly fields: T;
  readonly error: string;
}

interface BundleFile {
  readonly reader: ListReader;
  readonly bundles: readonly ListVector<Bundle>[];
  readonly results: readonly ListVector<Results>[];
}

function checkLists<T>(
  vectors: readonly ListVector<T>[],
  read: (bytes: Uint8Array) => T,
  write: (fields: T) => Uint8Array,
): void {
  for (const { comment, valid, hex, fields, error } of vectors) {
    const found = () => read(unhex(hex));
    if (valid) {
      same(found(), fields, comment);
      same(write(fields), hex, `${comment}, written`);
    } else same(refused(found), error, comment);
  }
}

export const bundles: FileCheck = {
  file: "offline-bundle.json",
  check({ bundle }: Reference, { reader, bundles: carried, results }: BundleFile) {
    const key = unhex(reader.terminalKey);
    checkLists(
      carried,
      (bytes) => bundle.readBundle(bytes, reader),
      (fields) => bundle.writeBundle(fields, key),
    );
    checkLists(
      results,
      (bytes) => bundle.readResults(bytes, reader),
      (fields) => bundle.writeResults(fields, key),
    );
  },
};

interface CodesVector {
  readonly comment: string;
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly kind: Kind;
  readonly codes: readonly string[];
  readonly hex: string;
  readonly error: string;
}

export const codes: FileCheck = {
  file: "offline-codes.json",
  check({ codes: sequences }: Reference, { vectors }: { readonly vectors: readonly CodesVector[] }) {
    for (const { comment, valid, canonical = true, kind, codes: texts, hex, error } of vectors) {
      const read = () => sequences.readCodes(kind, texts).toString("hex");
      if (!valid) {
        same(refused(read), error, comment);
        continue;
      }
      same(read(), hex, comment);
      if (canonical) same(sequences.writeCodes(kind, unhex(hex)), texts, `${comment}, written`);
    }
  },
};
