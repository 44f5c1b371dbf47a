import { join } from "node:path";
import QRCode from "qrcode";
import { bytesToHex, type CsvForm, csvText, ValueError, writeDurableFile } from "../common/index.js";
import type { Journal } from "./journal.js";

/** What is printed on a card. */
export interface CardLabel {
  /** 16 hex digits. */
  readonly cardId: string;
  readonly number: string;
  readonly holder: string;
  /** The text of the QR code: `CHEQUECARD:` and the id, in the characters of QR's alphanumeric mode. */
  readonly qr: string;
}

/** Labels of the finished cards of a batch, in its order. */
export function cardLabels(journal: Journal): CardLabel[] {
  return journal.items.flatMap(({ stage, order, cardId }) =>
    stage === "done" && cardId
      ? [
          {
            cardId: bytesToHex(cardId),
            number: order.number,
            holder: order.holder,
            qr: `CHEQUECARD:${bytesToHex(cardId).toUpperCase()}`,
          },
        ]
      : [],
  );
}

/** As it is printed: `0123-4567-89ab-cdef`. */
const dashed = (cardId: string): string => cardId.replaceAll(/(.{4})(?=.)/g, "$1-");

/** Lines `card_id,number,holder,qr` for a card printer. */
export function labelCsv(labels: readonly CardLabel[], form?: CsvForm): string {
  return csvText(
    ["card_id", "number", "holder", "qr"],
    labels.map(({ cardId, number, holder, qr }) => [dashed(cardId), number, holder, qr]),
    form,
  );
}

/**
 * Writes `labels.csv` and, where asked for, `<card id>.svg` or `.png` for each label into a folder that exists.
 * @returns the names of the files
 * @throws FileError; ValueError
 */
export async function exportLabels(
  folder: string,
  labels: readonly CardLabel[],
  pictures?: "png" | "svg",
  form?: CsvForm,
): Promise<string[]> {
  const names = ["labels.csv"];
  writeDurableFile(join(folder, "labels.csv"), labelCsv(labels, form), 0o644);
  for (const { cardId, qr } of pictures ? labels : []) {
    if (!/^[0-9a-f]{16}$/.test(cardId)) throw new ValueError("card id", "need 16 hex digits");
    const name = `${cardId}.${pictures}`;
    const options = { errorCorrectionLevel: "M", margin: 4 } as const;
    const picture =
      pictures === "png"
        ? await QRCode.toBuffer(qr, { ...options, scale: 8 })
        : await QRCode.toString(qr, { ...options, type: "svg" });
    writeDurableFile(join(folder, name), picture, 0o644);
    names.push(name);
  }
  return names;
}
