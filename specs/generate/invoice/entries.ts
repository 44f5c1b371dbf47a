import { hex } from "./assemble.js";
import { HASH, PAYEE, SECRET, TIME } from "./samples.js";

/** When an invoice is looked at, and how much time must be left, where it is not as usual. */
interface Moment {
  readonly now?: number;
  readonly minRemainingSeconds?: number;
}
/** Not what a writer makes of these fields, or not with a signature that it makes. */
const NOT_CANONICAL = /high s|not in the shortest form/;

export const accept = (
  comment: string,
  invoice: string,
  fields: object = {},
  profile = "modern",
  moment: Moment = {},
) => ({
  comment,
  valid: true,
  ...(NOT_CANONICAL.test(comment) ? { canonical: false } : {}),
  profile,
  ...moment,
  invoice,
  fields: {
    paymentHash: hex(HASH),
    paymentSecret: hex(SECRET),
    payee: hex(PAYEE),
    timestamp: TIME,
    ...fields,
  },
});
export const refuse = (
  comment: string,
  invoice: string,
  error: string,
  moment: Moment = {},
  profile = "modern",
) => ({
  comment,
  valid: false,
  profile,
  ...moment,
  invoice,
  error,
});
