import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../common/index.js";
import { sha256 } from "../../common/sha256.js";
import { KeyFile } from "../../keys/index.js";
import { ledgerKind } from "./ledger-kind.js";
import { leftovers, provenTotalOf, type Scene } from "./scene.js";
import { PASSPHRASE } from "./victim.js";

const CARDS = 3;
const CHEAP = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };

/** `cards bolt add`: the folder of codes is there whole or not at all, and each code in it is one that counts. */
export function boltScene(): Scene {
  const kind = ledgerKind("in a file");
  const problems = (folder: string, isDone: boolean): Promise<string[]> =>
    kind.look(folder, async (store) => {
      await provenTotalOf(store);
      const rows = await store.db
        .selectFrom("sun_codes")
        .select("code")
        .where("expires_at", ">", BigInt(Date.now()))
        .execute();
      const open = new Set(rows.map(({ code }) => code.toString("hex")));
      const path = join(folder, "codes");
      if (!existsSync(path)) return isDone ? ["there is no folder of codes"] : [];
      const written = [
        ...readFileSync(join(path, "labels.csv"), "utf8").matchAll(/program%2F([\w-]{22})/g),
      ].map(([, code = ""]) => Buffer.from(sha256(Buffer.from(code, "base64url"))).toString("hex"));
      return [
        ...(written.length === CARDS ? [] : [`${written.length} codes are written, need ${CARDS}`]),
        ...(written.every((code) => open.has(code)) ? [] : ["a code is written that does not count"]),
        ...(open.size === written.length ? [] : [`${open.size} codes count, ${written.length} are written`]),
      ];
    });
  return {
    name: "cards bolt add",
    isCopied: true,
    async prepare(folder) {
      await (await kind.make(folder)).close();
      appendFileSync(join(folder, "issuer.yaml"), "boltCards:\n  address: https://cards.example\n");
      const keys = await KeyFile.create(join(folder, "issuer.keys"), utf8(PASSPHRASE), "killed", CHEAP);
      await keys.addBatchKey({ label: "killed" });
      await keys.close();
    },
    command: (folder) => [
      ...["cards", "bolt", "add", "--count", `${CARDS}`, "--prefix", "K-", "--issuer", folder],
      ...["--out", join(folder, "codes")],
    ],
    between: (folder) => problems(folder, false),
    alreadyDone: /codes is there already; nothing was written/,
    after: async (folder) => [...(await problems(folder, true)), ...leftovers(folder)],
  };
}
