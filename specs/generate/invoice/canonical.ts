import { sha256 } from "../../../reference/crypto.js";
import { ascii, hex } from "./assemble.js";
import { invoice, USUAL } from "./samples.js";

const sample = invoice("lnbc10n", USUAL);
/** Texts that stand for an invoice. */
export const canonical = [
  { comment: "as it is", text: sample },
  { comment: "upper case", text: sample.toUpperCase() },
  { comment: "with scheme", text: `lightning:${sample}` },
  { comment: "with scheme in upper case, as in a QR code", text: `LIGHTNING:${sample.toUpperCase()}` },
  { comment: "scheme in mixed case", text: `Lightning:${sample}` },
].map((entry) => ({
  ...entry,
  valid: true,
  canonical: sample,
  hash: hex(sha256(new TextEncoder().encode(sample))),
}));
const LONGEST = "l".repeat(4096);
export const longest = [
  { comment: "4096 characters", text: LONGEST },
  { comment: "4096 characters behind the scheme", text: `lightning:${LONGEST}` },
].map((entry) => ({ ...entry, valid: true, canonical: LONGEST, hash: hex(sha256(ascii(LONGEST))) }));
/** Texts that stand for none. */
export const notCanonical = [
  { comment: "empty", text: "", problem: "empty" },
  { comment: "scheme alone", text: "lightning:", problem: "empty" },
  { comment: "mixed case", text: `L${sample.slice(1)}`, problem: "mixes upper and lower case" },
  { comment: "space before", text: ` ${sample}`, problem: "spaces" },
  { comment: "line break after", text: `${sample}\n`, problem: "spaces" },
  { comment: "space inside", text: `${sample.slice(0, 20)} ${sample.slice(20)}`, problem: "spaces" },
  { comment: "Cyrillic o", text: `${sample}\u043e`, problem: "ASCII" },
  { comment: "Kelvin sign, whose lower case is k", text: `LN\u212a`, problem: "ASCII" },
  { comment: "control character", text: `${sample}\u0000`, problem: "ASCII" },
  { comment: "too long", text: "a".repeat(4097), problem: "at most 4096" },
  {
    comment: "4097 characters behind the scheme",
    text: `lightning:${"a".repeat(4097)}`,
    problem: "at most 4096",
  },
  {
    comment: "too long, with a space: the length comes first",
    text: `${"a".repeat(4096)} `,
    problem: "at most 4096",
  },
  { comment: "scheme twice", text: `lightning:lightning:${sample}`, problem: "twice" },
  {
    comment: "scheme twice, the second in upper case",
    text: `lightning:LIGHTNING:${sample}`,
    problem: "twice",
  },
  { comment: "a space between scheme and invoice", text: `lightning: ${sample}`, problem: "spaces" },
  { comment: "tabulator", text: `${sample}\t`, problem: "spaces" },
  { comment: "DEL", text: `${sample}\u007f`, problem: "ASCII" },
].map((entry) => ({ ...entry, valid: false }));
