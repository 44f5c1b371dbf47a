import { bytesToHex } from "../../common/index.js";
import { listReaders } from "../../host/pcsc/index.js";
import type { RegisterCommand } from "../command-context.js";
import { renderTable } from "../table.js";

const CARD_TEXT = {
  none: "no card",
  present: "card",
  mute: "card that does not answer",
  unknown: "cannot be used: its name is not UTF-8 (docs/pcsc.md)",
} as const;

export const registerReaders: RegisterCommand = (program, run) => {
  program
    .command("readers")
    .description("list the PC/SC readers and what lies on them")
    .addHelpText("after", "\nExamples:\n  chequecard readers\n  chequecard --json readers\n")
    .action(() =>
      run(async ({ signal }) => {
        const readers = await listReaders({ signal });
        const text = readers.length
          ? renderTable(
              ["READER", "CARD", "USED BY OTHERS", "ATR"],
              readers.map(({ name, card, inUse, exclusive, atr }) => [
                name,
                CARD_TEXT[card],
                exclusive ? "exclusively" : inUse ? "yes" : "no",
                atr ? bytesToHex(atr) : "",
              ]),
            )
          : "No reader is connected. Plug one in, or run `chequecard simulate insert card.json` with the virtual reader.";
        return { data: { readers }, text };
      }),
    );
};
