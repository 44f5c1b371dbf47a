import type { texts as english } from "../en/till.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Kasse",
  buttons: {
    charge: "Kassieren",
    cancel: "Abbrechen",
  },
} satisfies Texts<typeof english>;
