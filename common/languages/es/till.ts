import type { texts as english } from "../en/till.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Caja",
  buttons: {
    charge: "Cobrar",
    cancel: "Cancelar",
  },
} satisfies Texts<typeof english>;
