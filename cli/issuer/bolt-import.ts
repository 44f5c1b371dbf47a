import { randomBytes } from "node:crypto";
import { decodeCsv, hexToBytes, mistakes, plural, readBoundedFile, readCsvRows } from "../../common/index.js";
import { LedgerError } from "../../issuer/ledger/index.js";
import { registerSunCard } from "../../issuer/ledger/sun-cards.js";
import type { CommandContext } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import type { CommandOutput } from "../output.js";
import { type BoltOptions, withBoltCards } from "./bolt-cards.js";

const MAX_LENGTH = 8 * 1024 * 1024;
const MAX_CHIPS = 100_000;
const HINT = "Correct these lines; no chip was registered.";

interface Chip {
  readonly uid: Uint8Array;
  readonly label: string;
  readonly version: number;
}

/** Chips of a list: CSV with the columns `uid`, `label` and, where it is not 0, `version`. @throws ParseError */
function readChips(text: string, path: string): Chip[] {
  const chips: Chip[] = [];
  const problems: string[] = [];
  const seen = new Set<string>();
  let columns: readonly string[] | undefined;
  for (const { line, fields } of readCsvRows(text)) {
    if (!fields) {
      problems.push(`line ${line}: a quotation mark is not closed or stands inside a field`);
      continue;
    }
    if (!columns) {
      columns = fields.map((name) => name.trim().toLowerCase());
      if (!columns.includes("uid") || !columns.includes("label"))
        throw mistakes(path, ["line 1: need the columns uid and label, and version where it is not 0"], HINT);
      continue;
    }
    const of = (name: string) => fields[columns?.indexOf(name) ?? -1]?.trim() ?? "";
    const uid = of("uid").replaceAll(/[: ]/g, "").toLowerCase();
    const version = of("version") || "0";
    if (!/^[0-9a-f]{14}$/.test(uid)) problems.push(`line ${line}: uid: need 14 hex digits`);
    else if (seen.has(uid)) problems.push(`line ${line}: uid: stands twice`);
    else if (of("label") === "" || of("label").length > 64)
      problems.push(`line ${line}: label: need 1 to 64 characters`);
    else if (!/^\d{1,9}$/.test(version)) problems.push(`line ${line}: version: need a number`);
    else chips.push({ uid: hexToBytes(uid), label: of("label"), version: Number.parseInt(version, 10) });
    seen.add(uid);
  }
  if (chips.length + problems.length > MAX_CHIPS) problems.push(`need at most ${MAX_CHIPS} chips`);
  if (problems.length > 0) throw mistakes(path, problems, HINT);
  return chips;
}

/**
 * Registers chips that have keys of a batch already: those of another server whose issuer key was imported. A chip that is in
 * the ledger already is left as it is, so that the same list can be imported again.
 */
export async function importBoltCards(
  context: CommandContext,
  path: string,
  options: BoltOptions & { readonly batch: string },
): Promise<CommandOutput> {
  const chips = readChips(decodeCsv(readBoundedFile(path, MAX_LENGTH), path), path);
  return withBoltCards(context, options, async ({ store, bolt, keys, folder }) => {
    const batch = keys.batchKeys().find(({ id }) => Buffer.from(id).toString("hex") === options.batch);
    if (!batch)
      throw new InputError(`--batch: no batch key ${options.batch.slice(0, 16)} among the keys`, {
        hint: "Import the issuer key of the other server first: chequecard keys add-batch <file> --import",
      });
    let [made, known] = [0, 0];
    const register = async (): Promise<void> => {
      for (const { uid, label, version } of chips) {
        context.signal.throwIfAborted();
        const card = { cardId: randomBytes(8), uid, batch: batch.id, version, label, policy: bolt.policy };
        try {
          await registerSunCard(store, card, Date.now());
          made++;
        } catch (error) {
          if (!(error instanceof LedgerError) || error.code !== "card-exists") throw error;
          known++;
        }
      }
    };
    await audited(folder, { action: "bolt-import", asked: { chips: chips.length } }, register, () => ({
      told: {},
    }));
    return {
      data: { made, known },
      text: `${plural(made, "card")} registered, ${known} were there. Each is put into use by its first tap.`,
    };
  });
}
