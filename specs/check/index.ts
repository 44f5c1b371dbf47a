import { boltCards } from "./bolt-card.js";
import { commands, messages, sessions } from "./cards.js";
import { channels, counters, personalization } from "./channel.js";
import type { FileCheck } from "./check.js";
import { personalizationFiles } from "./files.js";
import { draft, exchange, invoices, modern, odt, official, peer, tlv } from "./lightning.js";
import { bundles, certificates, codes, packs } from "./offline.js";

export type { FileCheck, Reference } from "./check.js";

/** Every vector file that is held against an implementation, in the order in which it is cheapest to find a mistake. */
export const CHECKS: readonly FileCheck[] = [
  commands,
  odt,
  exchange,
  counters,
  personalization,
  personalizationFiles,
  peer,
  tlv,
  sessions,
  channels,
  modern,
  draft,
  messages,
  certificates,
  invoices,
  official,
  packs,
  bundles,
  codes,
  boltCards,
];
