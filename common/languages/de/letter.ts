import type { texts as english } from "../en/letter.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "PIN-Briefe",
  card: (number: string) => `Karte ${number}`,
  pin: "Ihre PIN lautet",
  pinUse:
    "Geben Sie sie nur dort ein, wo Sie bezahlen. Wer Karte und PIN hat, kann ausgeben, was auf der Karte ist. Nach drei falschen PINs in Folge ist die PIN gesperrt; wenden Sie sich dann an den Herausgeber.",
  code: "Der Code für die Seite Ihrer Karte lautet",
  codeUse: (address: string) =>
    `Lesen Sie den QR-Code auf der Karte mit einem Telefon und geben Sie dort diesen Code ein, um zu sehen, was auf der Karte ist, oder um sie zu sperren, wenn sie verloren ist. Die Seite steht unter ${address} und nirgends sonst. Niemand fragt Sie nach diesem Code.`,
} satisfies Texts<typeof english>;
