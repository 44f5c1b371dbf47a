import type { texts as english } from "../en/till.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Caisse",
  buttons: {
    charge: "Encaisser",
    cancel: "Annuler",
  },
} satisfies Texts<typeof english>;
