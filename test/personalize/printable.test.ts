import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelSheet, letterPages } from "../../personalize/index.js";

const letter = { card: "0123456789abcdef", number: "0001", holder: "Ada", pin: "0042" };
const label = {
  cardId: "0123-4567-89ab-cdef",
  number: "0001",
  holder: "Ada",
  qr: "CHEQUECARD:0123456789ABCDEF",
};

describe("PIN letters to print", () => {
  it("are a page for each card, with its number, id and PIN", () => {
    const html = letterPages([letter, { ...letter, number: "0002", holder: "", pin: "123456789012" }]);
    expect(html.match(/<section>/g)).toHaveLength(2);
    expect(html).toContain("break-after: page");
    expect(html).toContain("<p>Ada</p>\n<p>Card 0001<br>0123-4567-89ab-cdef</p>");
    expect(html).toContain('<p class="pin">123456789012</p>');
    expect(html).not.toContain("<p></p>");
  });

  it.each([
    ["de", "Karte 0001", "Ihre PIN lautet", "zu sperren, wenn sie verloren ist"],
    ["fr", "Carte 0001", "Votre code PIN est", "pour la bloquer si elle est perdue"],
    ["es", "Tarjeta 0001", "Su PIN es", "para bloquearla si la pierde"],
  ] as const)("are in %s where that is asked for", (language, card, pin, block) => {
    const page = { address: "https://cards.example/c#secret", code: "CODE" };
    const html = letterPages([{ ...letter, page }], language);
    expect(html).toContain(`<html lang="${language}">`);
    for (const text of [card, pin, block, "https://cards.example", "CODE", "0042"])
      expect(html).toContain(text);
    expect(html).not.toMatch(/secret|Your PIN|Type it/);
  });
});

describe("labels to print", () => {
  it("have the QR code of their card beside its number, holder and id", () => {
    const html = labelSheet([label, { ...label, number: "0002" }]);
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html).toContain("<b>0001</b><br>Ada<br>0123-4567-89ab-cdef");
  });
});

describe("what a list of cards says", () => {
  it("is no markup on a page, and loads nothing", () => {
    const hostile = `<script>alert(1)</script>"'&`;
    fc.assert(
      fc.property(fc.oneof(fc.constant(hostile), fc.string()), (text) => {
        for (const html of [
          letterPages([{ ...letter, number: text, holder: text }]),
          labelSheet([{ ...label, number: text, holder: text }]),
        ]) {
          const tags = [...html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag);
          expect(tags).not.toContain("script");
          expect(html).toContain("default-src 'none'");
          const without = html.replaceAll(/&(amp|lt|gt|quot|#39);/g, "");
          expect(without.split("<").length).toBe(without.split(">").length);
        }
      }),
    );
    expect(letterPages([{ ...letter, holder: hostile }])).toContain("&lt;script&gt;alert(1)");
  });
});
