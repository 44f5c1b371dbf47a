import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Journal, numberedCards, PinLetters, profileFingerprint, runBatch } from "../../personalize/index.js";
import { openCardFile, SimulatedReader } from "../../simulator/index.js";
import { CHEAP, keys, PASSPHRASE, profileOf, ROTATING } from "./deterministic.js";
import { cardPath, FileRegistry } from "./file-registry.js";

const PROFILE = {
  ...ROTATING,
  pin: "random",
  limits: { credit: "50000sat", "pin-threshold": "5000sat" },
};

/** Goes on with the batch in the folder on two readers, card files laid on them in turn. */
async function main(folder: string, count: number, order: string): Promise<void> {
  const profile = profileOf(PROFILE);
  const [keySet] = keys.keySets();
  if (!keySet) throw new Error("no key set");
  const path = join(folder, "batch.journal");
  const begun = existsSync(path) && readFileSync(path).includes(0x0a);
  const journal = begun
    ? Journal.open(path)
    : Journal.create(path, {
        batchId: new Uint8Array(8),
        profile: profile.name,
        fingerprint: profileFingerprint(profile, keySet),
        cards: numberedCards(count),
      });
  const letterPath = join(folder, "letters");
  const lettersBegun = existsSync(letterPath) && readFileSync(letterPath).includes(0x0a);
  const pinLetters = lettersBegun
    ? await PinLetters.open(letterPath, PASSPHRASE)
    : await PinLetters.create(letterPath, PASSPHRASE, { scrypt: CHEAP });
  const indices = Array.from({ length: count }, (_, index) => index);
  if (order === "backwards") indices.reverse();
  const readers = [new SimulatedReader("left"), new SimulatedReader("right")];
  const lying = new Map<string, ReturnType<typeof openCardFile>>();
  const next = (reader: SimulatedReader) => {
    reader.remove();
    lying.get(reader.name)?.close();
    const index = indices.shift();
    if (index === undefined) return;
    const file = openCardFile(cardPath(folder, index));
    lying.set(reader.name, file);
    reader.insert(file.card);
  };
  for (const reader of readers) next(reader);
  const summary = await runBatch(readers, {
    profile,
    keys,
    registry: new FileRegistry(join(folder, "registry")),
    journal,
    pinLetters,
    onEvent(event) {
      if (event.kind !== "waiting") process.stdout.write(`${event.reader} ${event.kind}\n`);
      if (event.kind !== "card" && event.kind !== "refused") return;
      const reader = readers.find((candidate) => candidate.name === event.reader);
      if (reader) setImmediate(() => next(reader));
    },
  });
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  for (const file of lying.values()) file.close();
  journal.close();
  pinLetters.close();
}

const [folder = "", count = "", order = ""] = process.argv.slice(2);
await main(folder, Number.parseInt(count, 10), order);
