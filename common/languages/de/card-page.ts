import type { texts as english } from "../en/card-page.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Ihre Karte",
  buttons: {
    block: "Karte sperren",
  },
} satisfies Texts<typeof english>;
