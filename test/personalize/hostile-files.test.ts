import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeInitializeUpdateResponse } from "../../apdu/index.js";
import { ChequecardError } from "../../common/index.js";
import { KeyFile } from "../../keys/index.js";
import { decodeKeyMaterial } from "../../keys/key-material.js";
import { Journal, readPinLetters } from "../../personalize/index.js";
import { JournalFile } from "../../personalize/journal-file.js";
import { freshPath, newJournal, PASSPHRASE, profileOf, WITHOUT_PIN } from "./fixture.js";

const onlyOurs = (run: () => unknown): void => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ChequecardError);
  }
};
const onlyOursLater = async (promise: Promise<unknown>): Promise<void> => {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(ChequecardError);
  }
};

/** Lines with right checks around them, so that what is read is what comes after the checks. */
function checked(lines: readonly string[]): string {
  const path = freshPath();
  const file = JournalFile.create(path, { durable: false });
  for (const line of lines) file.append(line.replaceAll(/[\r\n]/g, " "));
  file.close();
  return path;
}

const batchLine = (() => {
  let line = "";
  return () => {
    if (line) return line;
    const path = freshPath();
    newJournal(profileOf(WITHOUT_PIN), undefined, path).close();
    line = JSON.stringify(Journal.read(path).batch);
    return line;
  };
})();

const record = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc
    .record(
      {
        step: fc.constantFrom(
          "attempt",
          "ended",
          "refused",
          "assigned",
          "abandoned",
          "verified",
          "active",
          "done",
          "rotating",
          "rotated",
          "kept",
          "retry",
          "released",
          "batch",
        ),
        chip: fc.constantFrom("ab", "cd", "x", ""),
        version: fc.constantFrom(0, 1, 255, 256, "1"),
        item: fc.constantFrom(0, 1, -1, 99_999),
        card: fc.constantFrom("0102030405060708", "01", ""),
        key: fc.constantFrom("04".repeat(65), "04"),
        pin: fc.boolean(),
        reason: fc.string(),
        from: fc.constant(1),
        to: fc.constant(2),
      },
      { requiredKeys: ["step"] },
    )
    .map((value) => JSON.stringify(value)),
);

describe("anything in a file or an answer", () => {
  it("is read or refused with an error of ours: journals", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (lines) => {
        onlyOurs(() => Journal.read(checked([batchLine(), ...lines])).counts());
        onlyOurs(() => Journal.read(checked(lines)));
      }),
      { seed: 3, numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const path = freshPath();
        writeFileSync(path, bytes);
        onlyOurs(() => Journal.read(path));
        onlyOurs(() => Journal.open(path).close());
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it("is read or refused with an error of ours: key files, letters, key material", async () => {
    const hostile = fc.oneof(
      fc.json({ maxDepth: 2 }),
      fc
        .record({
          format: fc.constantFrom("chequecard-keys", "chequecard-pin-letters", "x"),
          version: fc.constantFrom(1, 2, 0, "1", null),
          scrypt: fc.constantFrom(
            null,
            {},
            { n: 1, r: 8, p: 1 },
            { n: 2 ** 30, r: 8, p: 1 },
            { n: "x" },
            [],
            7,
          ),
          salt: fc.constantFrom("00".repeat(32), "0", null, 5),
          box: fc.constantFrom("00", "zz", null),
          check: fc.constantFrom("00", "zz", null),
          checksum: fc.constantFrom("00".repeat(8), "0", null),
        })
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const path = freshPath();
        writeFileSync(path, text, { mode: 0o600 });
        await onlyOursLater(KeyFile.open(path, PASSPHRASE));
        await onlyOursLater(readPinLetters(checked([text, "00"]), PASSPHRASE));
      }),
      { seed: 6, numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => onlyOurs(() => decodeKeyMaterial(bytes))),
      { seed: 7, numRuns: 500 },
    );
  });

  it("is read or refused with an error of ours: INITIALIZE UPDATE responses", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) =>
        onlyOurs(() => decodeInitializeUpdateResponse(bytes)),
      ),
      { seed: 8, numRuns: 1000 },
    );
  });
});
