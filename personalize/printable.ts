import { formatCardId } from "../apdu/card-id.js";
import { hexToBytes, visible } from "../common/index.js";
import type { Language } from "../common/languages/language.js";
import { LETTER, type LetterTexts } from "../common/languages/letter.js";
import { qrSvg } from "../common/qr.js";
import type { CardLabel } from "./labels.js";
import type { LetterPage, PinLetter } from "./pin-letters.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as text: what a list of cards says is no markup, and no control reaches the page. */
const escaped = (text: string): string =>
  visible(text).replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");

/** A page that loads nothing and runs nothing. */
const page = (
  title: string,
  style: string,
  body: readonly string[],
  language: Language = "en",
): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>
${style}
</style>
</head>
<body>
${body.join("\n")}
</body>
</html>
`;

const LETTER_STYLE = `@page { size: A4; margin: 25mm; }
body { font: 12pt/1.5 sans-serif; margin: 0; }
section { break-after: page; }
.pin { font: 24pt monospace; letter-spacing: 0.3em; }`;

const pinText = (pin: string, texts: LetterTexts): string => `<p>${escaped(texts.pin)}</p>
<p class="pin">${escaped(pin)}</p>
<p>${escaped(texts.pinUse)}</p>`;

/** The address stands on the card alone: a letter that is found opens nothing. */
const codeText = ({ address, code }: LetterPage, texts: LetterTexts): string => `<p>${escaped(texts.code)}</p>
<p class="pin">${escaped(code)}</p>
<p>${escaped(texts.codeUse(new URL(address).origin))}</p>`;

/** PIN letters to print: one page for each card, in the order given. The result holds PINs in clear. */
export function letterPages(letters: readonly PinLetter[], language: Language = "en"): string {
  const texts = LETTER[language];
  const pages = letters.map(({ number, holder, card, pin, page: own }) => {
    const name = holder === "" ? "" : `<p>${escaped(holder)}</p>\n`;
    return `<section>
${name}<p>${escaped(texts.card(number))}<br>${formatCardId(hexToBytes(card))}</p>
${[...(pin === undefined ? [] : [pinText(pin, texts)]), ...(own ? [codeText(own, texts)] : [])].join("\n")}
</section>`;
  });
  return page(texts.title, LETTER_STYLE, pages, language);
}

const SHEET_STYLE = `@page { size: A4; margin: 10mm; }
body { font: 8pt/1.3 sans-serif; margin: 0; display: grid; grid-template-columns: repeat(3, 1fr); gap: 4mm; }
div { break-inside: avoid; display: flex; gap: 3mm; align-items: center; height: 30mm; overflow: hidden; }
svg { width: 28mm; height: 28mm; flex: none; }
b { font-size: 11pt; }`;

/** Labels to print on sheets of A4: three in a row, each with the QR code of its card's page, else of its id. */
export function labelSheet(labels: readonly CardLabel[]): string {
  const cells = labels.map(
    ({ cardId, number, holder, qr, page: address }) =>
      `<div>${qrSvg(address ?? qr).trim()}<p><b>${escaped(number)}</b><br>${escaped(holder)}<br>${cardId}</p></div>`,
  );
  return page("Labels", SHEET_STYLE, cells);
}
