import { boltCards } from "./bolt-card.js";
import { commands, messages, sessions } from "./cards.js";
import { channels, counters, personalization } from "./channel.js";
import type { FileCheck } from "./check.js";
import { draft, modern } from "./dpp.js";
import { personalizationFiles } from "./files.js";
import { invoices, official } from "./invoices.js";
import { exchange, odt } from "./odt.js";
import { bundles, certificates, codes, packs } from "./offline.js";
import { peer, tlv } from "./peer.js";

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
