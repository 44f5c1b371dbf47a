import { sat } from "../../common/index.js";
import type { PackRow } from "../../issuer/ledger/packs.js";
import { PAYEE } from "../nodes/scripted-node.js";
import { START } from "./service.js";

const DAY_MS = 86_400_000;

/** Key of the terminal of {@link packRow}. */
export const TERMINAL = Buffer.alloc(33, 2);

/** A pack for a terminal whose deputy is the payee of the test invoices, valid for 7 days, with a guarantee. */
export const packRow = (changes: Partial<PackRow> = {}): PackRow => ({
  sequence: 7n,
  follows: 0n,
  terminal: TERMINAL,
  label: "Bar 1",
  payee: Buffer.from(PAYEE, "hex"),
  issuer: Buffer.alloc(33, 3),
  made_at: BigInt(START),
  valid_until: BigInt(START + 7 * DAY_MS),
  forwarding_window: 3n * 86_400n,
  per_sale: sat(5000),
  per_card: sat(5000),
  per_terminal: sat(50_000),
  max_sales: 100n,
  max_age: 3n * 86_400n,
  denied: 0n,
  guaranteed_per_card: sat(5000),
  guaranteed_in_all: sat(8000),
  contradictions: 0n,
  revoked_at: null,
  ...changes,
});
