import type { texts as english } from "../en/desk.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Guichet",
  buttons: {
    block: "Bloquer la carte",
  },
} satisfies Texts<typeof english>;
