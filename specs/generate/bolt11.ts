import { moreValid, valid } from "./invoice/accepted.js";
import { hex } from "./invoice/assemble.js";
import { canonical, longest, notCanonical } from "./invoice/canonical.js";
import { badForm, moreBadForm } from "./invoice/malformed.js";
import { badHere } from "./invoice/not-payable.js";
import { KEY, TIME } from "./invoice/samples.js";

/** Invoices of this project's own, beside the official ones in bolt11.json. */
export const file = "bolt11-chequecard.json";

export function generate(): unknown {
  return {
    title: "BOLT 11 invoices",
    spec: "specs/05",
    keys: { payee: hex(KEY) },
    now: TIME + 10,
    vectors: [...valid, ...badForm, ...badHere, ...moreValid, ...moreBadForm],
    canonical: [...canonical, ...notCanonical, ...longest],
  };
}
