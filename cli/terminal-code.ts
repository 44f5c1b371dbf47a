import { TERMINAL } from "../common/languages/spoken.js";
import { fittingQr } from "../common/qr.js";
import type { CommandContext } from "./command-context.js";

/**
 * A QR code as the terminal shows it, and in its place what to do where the terminal is too narrow for it.
 * @param instead what else can be done, as the end of a sentence
 */
export function terminalCode(
  { columns }: Pick<CommandContext, "columns">,
  text: string,
  instead: string,
): { readonly fits: boolean; readonly text: string } {
  const found = fittingQr(text, columns);
  return "code" in found
    ? { fits: true, text: found.code }
    : {
        fits: false,
        text: TERMINAL.code.tooWide(columns ?? 0, found.needs, instead),
      };
}
