import { join } from "node:path";
import { formatCardId } from "../apdu/card-id.js";
import {
  bytesToHex,
  type CsvForm,
  csvText,
  hexToBytes,
  ValueError,
  writeDurableFile,
} from "../common/index.js";
import { qrPng, qrSvg } from "../common/qr.js";
import type { Journal } from "./journal.js";
import type { PinLetter } from "./pin-letters.js";

/** What is printed on a card. */
export interface CardLabel {
  /** As it is printed: 16 hex digits in groups of four, with dashes. */
  readonly cardId: string;
  readonly number: string;
  readonly holder: string;
  /** The text of the QR code: `CHEQUECARD:` and the id, in the characters of QR's alphanumeric mode. */
  readonly qr: string;
  /** The address of its page, with the secret; absent: it has none. */
  readonly page?: string;
  /** Id of its second face, in the form of `cardId`; absent: it has none. */
  readonly face?: string;
}

/** Labels of the finished cards of a batch, in its order. */
export function cardLabels(journal: Journal): CardLabel[] {
  return journal.items.flatMap(({ stage, order, cardId, face }) =>
    stage === "done" && cardId
      ? [
          {
            cardId: formatCardId(cardId),
            number: order.number,
            holder: order.holder,
            qr: `CHEQUECARD:${bytesToHex(cardId).toUpperCase()}`,
            ...(face?.isActive ? { face: formatCardId(face.cardId) } : {}),
          },
        ]
      : [],
  );
}

/** Whether labels have secrets of pages on them. */
export const holdsSecrets = (labels: readonly CardLabel[]): boolean =>
  labels.some(({ page }) => page !== undefined);

/** Labels with the addresses of pages out of letters; of several letters for a card the last one counts. */
export function withPages(labels: readonly CardLabel[], letters: readonly PinLetter[]): CardLabel[] {
  const pages = new Map(letters.map(({ card, page }) => [formatCardId(hexToBytes(card)), page?.address]));
  return labels.map((label) => {
    const page = pages.get(label.cardId);
    return page === undefined ? label : { ...label, page };
  });
}

/** Lines `card_id,number,holder,qr` for a card printer, and `page` and `face` where a card has one. */
export function labelCsv(labels: readonly CardLabel[], form?: CsvForm): string {
  const hasPages = holdsSecrets(labels);
  const hasFaces = labels.some(({ face }) => face !== undefined);
  return csvText(
    ["card_id", "number", "holder", "qr", ...(hasPages ? ["page"] : []), ...(hasFaces ? ["face"] : [])],
    labels.map(({ cardId, number, holder, qr, page = "", face = "" }) => [
      ...[cardId, number, holder, qr],
      ...(hasPages ? [page] : []),
      ...(hasFaces ? [face] : []),
    ]),
    form,
  );
}

/**
 * Writes `labels.csv` and, where asked for, `<card id>.svg` or `.png` for each label into a folder that exists, and
 * `<card id>.page.svg` or `.png` for each page. What has a page's secret is for its owner alone.
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
  const names: string[] = [];
  const write = (name: string, content: string | Uint8Array, isSecret: boolean) => {
    writeDurableFile(join(folder, name), content, isSecret ? 0o600 : 0o644);
    names.push(name);
  };
  write("labels.csv", labelCsv(labels, form), holdsSecrets(labels));
  const draw = pictures === "png" ? qrPng : qrSvg;
  for (const { cardId, qr, page } of pictures ? labels : []) {
    write(`${cardId}.${pictures}`, draw(qr), false);
    if (page !== undefined) write(`${cardId}.page.${pictures}`, draw(page), true);
  }
  return names;
}
