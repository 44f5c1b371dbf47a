import { equalBytes } from "../../common/index.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { askSecret, type SecretWanted } from "./ask.js";

/**
 * A new passphrase, typed twice where it is typed. The caller clears the bytes.
 * @throws KeyError `no-passphrase`; InputError when the two differ, or as {@link askSecret}
 */
export async function askNewPassphrase(
  context: CommandContext,
  wanted: Omit<SecretWanted, "question">,
): Promise<Uint8Array> {
  const typed = wanted.descriptor === undefined && process.env[wanted.variable] === undefined;
  const first = await askSecret(context, { ...wanted, question: "New passphrase" });
  if (!typed) return first;
  const second = await askSecret(context, { ...wanted, question: "New passphrase again" });
  const same = equalBytes(first, second);
  second.fill(0);
  if (!same) {
    first.fill(0);
    throw new InputError("New passphrase: the two do not agree; nothing was changed");
  }
  return first;
}
