import type { KeyFile, KeyMaterial } from "../../reference/files.js";
import type { DataGroup } from "../../reference/personalize.js";
import { type FileCheck, type Reference, refused, same, unhex } from "./check.js";

interface Case {
  readonly comment: string;
  readonly valid: boolean;
  readonly error?: string;
}

interface PersonalizationFiles {
  readonly keyFiles: readonly (Case & {
    readonly passphrase: string;
    readonly file: KeyFile;
    readonly key: string;
    readonly nonce: string;
    readonly header: string;
    readonly content: string;
    readonly material: KeyMaterial;
  })[];
  readonly journals: readonly (Case & { readonly file: string; readonly texts: readonly string[] })[];
  readonly pinLetters: readonly (Case & {
    readonly passphrase: string;
    readonly key: string;
    readonly nonces: readonly string[];
    readonly letters: readonly object[];
    readonly texts: readonly string[];
  })[];
  readonly blocks: readonly {
    readonly comment: string;
    readonly room: number;
    readonly groups: readonly DataGroup[];
    readonly blocks: readonly (readonly string[])[];
  }[];
  readonly productionData: readonly (Case & { readonly hex: string; readonly chip?: string })[];
}

/** What a reader makes of a vector, or the name under which it refuses it. */
function read<T>(
  { comment, valid, error }: Case,
  reader: () => T,
  judge: (read: T, comment: string) => void,
): void {
  if (valid) judge(reader(), comment);
  else same(refused(reader), error, comment);
}

export const personalizationFiles: FileCheck = {
  file: "personalization-files.json",
  check({ files }: Reference, vectors: PersonalizationFiles) {
    for (const vector of vectors.keyFiles)
      read(
        vector,
        () => files.readKeyFile(vector.file, unhex(vector.passphrase)),
        (material, comment) => {
          same(material, vector.material, comment);
          const { format, version, scrypt, salt } = vector.file;
          const key = files.boxKey(unhex(vector.passphrase), unhex(salt), scrypt);
          same(key, vector.key, `${comment}, key`);
          same(files.headerText(format, version, scrypt, salt), vector.header, `${comment}, header`);
          same(files.writeKeyContent(vector.material), vector.content, `${comment}, content`);
          const content = unhex(vector.content);
          const written = files.writeKeyFile(key, unhex(vector.nonce), { scrypt, salt, content });
          same(written, vector.file, `${comment}, written`);
        },
      );
    for (const vector of vectors.journals)
      read(
        vector,
        () => files.readLines(unhex(vector.file)),
        (texts, comment) => {
          same(texts, vector.texts, comment);
          const written = files.writeLines(texts).toString("hex");
          same(vector.file.startsWith(written), true, `${comment}, written`);
        },
      );
    for (const vector of vectors.pinLetters)
      read(
        vector,
        () => files.readLetters(vector.texts, unhex(vector.passphrase)),
        (letters, comment) => {
          same(letters, vector.letters, comment);
          const written = files.writeLetters(
            unhex(vector.key),
            JSON.parse(vector.texts[0] ?? ""),
            vector.nonces.map(unhex),
            vector.letters,
          );
          same(written, vector.texts, `${comment}, written`);
        },
      );
    for (const { comment, room, groups, blocks } of vectors.blocks)
      same(
        files.packBlocks(groups, room).map((block) => block.map(({ dgi }) => dgi)),
        blocks,
        comment,
      );
    for (const vector of vectors.productionData)
      read(
        vector,
        () => files.chipName(unhex(vector.hex)),
        (chip, comment) => same(chip, vector.chip, comment),
      );
  },
};
