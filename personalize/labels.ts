import { join } from "node:path";
import { formatCardId } from "../apdu/card-id.js";
import { bytesToHex, type CsvForm, csvText, ValueError, writeDurableFile } from "../common/index.js";
import { qrPng, qrSvg } from "../common/qr.js";
import type { Journal } from "./journal.js";

/** What is printed on a card. */
export interface CardLabel {
  /** As it is printed: 16 hex digits in groups of four, with dashes. */
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
            cardId: formatCardId(cardId),
            number: order.number,
            holder: order.holder,
            qr: `CHEQUECARD:${bytesToHex(cardId).toUpperCase()}`,
          },
        ]
      : [],
  );
}

/** Lines `card_id,number,holder,qr` for a card printer. */
export function labelCsv(labels: readonly CardLabel[], form?: CsvForm): string {
  return csvText(
    ["card_id", "number", "holder", "qr"],
    labels.map(({ cardId, number, holder, qr }) => [cardId, number, holder, qr]),
    form,
  );
}

/**
 * Writes `labels.csv` and, where asked for, `<card id>.svg` or `.png` for each label into a folder that exists.
 * @returns the names of the files
 * @throws FileError; ValueError
 */
export function exportLabels(
  folder: string,
  labels: readonly CardLabel[],
  pictures?: "png" | "svg",
  form?: CsvForm,
): string[] {
  for (const { cardId } of labels)
    if (!/^[0-9a-f]{4}(?:-[0-9a-f]{4}){3}$/.test(cardId))
      throw new ValueError("card id", "need 16 hex digits in groups of four, with dashes");
  const names = ["labels.csv"];
  writeDurableFile(join(folder, "labels.csv"), labelCsv(labels, form), 0o644);
  for (const { cardId, qr } of pictures ? labels : []) {
    const name = `${cardId}.${pictures}`;
    writeDurableFile(join(folder, name), pictures === "png" ? qrPng(qr) : qrSvg(qr), 0o644);
    names.push(name);
  }
  return names;
}
