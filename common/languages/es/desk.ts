import type { texts as english } from "../en/desk.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Mostrador",
  buttons: {
    block: "Bloquear tarjeta",
  },
} satisfies Texts<typeof english>;
