import { hexToBytes } from "../../common/index.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { askSecret } from "./ask.js";

const VARIABLE = "CHEQUECARD_CARD_KEY";

/**
 * The key that blank cards come with, from CHEQUECARD_CARD_KEY or typed without echo, asked again where it cannot be
 * one. The caller clears it.
 * @returns 16 bytes
 * @throws InputError
 */
export async function askCardKey(context: CommandContext): Promise<Uint8Array> {
  const isTyped = process.env[VARIABLE] === undefined;
  const question = "Master key of the cards, 32 hex digits";
  for (let text = question; ; text = `A key has 32 hex digits. ${question}`) {
    const typed = await askSecret(context, { question: text, variable: VARIABLE });
    const hex = new TextDecoder().decode(typed);
    typed.fill(0);
    if (/^[0-9a-fA-F]{32}$/.test(hex)) return hexToBytes(hex);
    if (!isTyped) throw new InputError(`the key: need 32 hex digits in ${VARIABLE}`);
  }
}
