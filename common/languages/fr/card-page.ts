import type { texts as english } from "../en/card-page.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Votre carte",
  buttons: {
    block: "Bloquer la carte",
  },
} satisfies Texts<typeof english>;
