import type { texts as english } from "../en/letter.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Cartas con el PIN",
  card: (number: string) => `Tarjeta ${number}`,
  pin: "Su PIN es",
  pinUse:
    "Tecléelo solo donde pague. Quien tenga la tarjeta y el PIN puede gastar lo que hay en la tarjeta. Tras tres PIN incorrectos seguidos, el PIN queda bloqueado; consulte entonces al emisor.",
  code: "El código de la página de su tarjeta es",
  codeUse: (address: string) =>
    `Lea el código QR de la tarjeta con un teléfono y teclee allí este código, para ver lo que hay en la tarjeta o para bloquearla si la pierde. La página está en ${address} y en ningún otro sitio; nadie le pedirá este código.`,
} satisfies Texts<typeof english>;
