import type { texts as english } from "../en/desk.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Schalter",
  buttons: {
    block: "Karte sperren",
  },
} satisfies Texts<typeof english>;
