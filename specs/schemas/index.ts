import { z } from "zod";
import { boltCard } from "./bolt-card.js";
import {
  cardCommands,
  cardMessages,
  cardSessions,
  counters,
  personalization,
  scp03Sessions,
  statusWords,
} from "./cards.js";
import { personalizationFiles } from "./files.js";
import {
  api,
  bolt11,
  bolt11Chequecard,
  dppDraft,
  dppModern,
  exchange,
  odt,
  onion,
  onionFailure,
  tlv,
} from "./lightning.js";
import { offlineBundle, offlineCertificate, offlineCodes, offlinePack } from "./offline.js";

/** The form of each vector file. */
export const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  "api.json": api,
  "bolt-card.json": boltCard,
  "bolt11-chequecard.json": bolt11Chequecard,
  "bolt11.json": bolt11,
  "card-commands.json": cardCommands,
  "card-messages.json": cardMessages,
  "card-sessions.json": cardSessions,
  "counters.json": counters,
  "dpp-draft-819.json": dppDraft,
  "dpp-modern.json": dppModern,
  "exchange.json": exchange,
  "odt.json": odt,
  "offline-bundle.json": offlineBundle,
  "offline-certificate.json": offlineCertificate,
  "offline-codes.json": offlineCodes,
  "offline-pack.json": offlinePack,
  "onion-failure.json": onionFailure,
  "onion.json": onion,
  "personalization-files.json": personalizationFiles,
  "personalization.json": personalization,
  "scp03-sessions.json": scp03Sessions,
  "status-words.json": statusWords,
  "tlv.json": tlv,
};

/** Name of the JSON Schema of a vector file, in specs/vector-files. */
export const schemaFile = (file: string): string => file.replace(/\.json$/, ".schema.json");

/** The JSON Schema (draft 2020-12) of a vector file, as text. */
export function renderSchema(file: string): string {
  const schema = SCHEMAS[file];
  if (!schema) throw new RangeError(`no schema for ${file}`);
  return `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`;
}
