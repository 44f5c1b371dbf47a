import { existsSync } from "node:fs";
import { equalBytes } from "../../common/index.js";
import {
  DIVERSIFICATION_DATA_LENGTH,
  KeyFile,
  type KeySet,
  kdf3,
  type NewMasterKey,
  undiversified,
} from "../../keys/index.js";
import { InputError } from "../error-report.js";
import type { InitAnswers } from "./init-answers.js";

/** Version of the keys that cards come from the factory with. */
const FACTORY_VERSION = 255;

type FactoryKey = Required<NewMasterKey>;

/** The key file: a new one, or the one that an interrupted run left; with the keys that blank cards come with. */
export async function makeKeys(
  path: string,
  passphrase: Uint8Array,
  label: string,
  { kind, key }: InitAnswers["factory"],
): Promise<readonly KeySet[]> {
  const factory: FactoryKey[] =
    key === undefined
      ? []
      : [{ version: FACTORY_VERSION, key, diversification: kind === "derived" ? "kdf3" : "none" }];
  const keys = existsSync(path)
    ? await KeyFile.open(path, passphrase)
    : await KeyFile.create(path, passphrase, label, { masterKeys: factory });
  try {
    for (const master of factory) if (!(await isKept(keys, master))) await keys.addMasterKey(master);
    return keys.keySets();
  } finally {
    await keys.close();
  }
}

/** @throws InputError when an interrupted run has kept another key of that version */
async function isKept(keys: KeyFile, { version, key, diversification }: FactoryKey): Promise<boolean> {
  const kept = keys.masterKeys().find((master) => master.version === version);
  if (!kept) return false;
  const some = new Uint8Array(DIVERSIFICATION_DATA_LENGTH);
  const { enc } = await keys.cardKeys(version, some);
  const wanted = (diversification === "kdf3" ? kdf3 : undiversified)(version, key, some);
  if (kept.diversification === diversification && equalBytes(enc, wanted.enc)) return true;
  throw new InputError(`${keys.path}: an interrupted run has kept another factory key; nothing was changed`, {
    hint: "Give the same one, or delete the key file: no card was made with it yet.",
  });
}
