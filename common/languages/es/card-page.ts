import type { texts as english } from "../en/card-page.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Su tarjeta",
  buttons: {
    block: "Bloquear tarjeta",
  },
} satisfies Texts<typeof english>;
