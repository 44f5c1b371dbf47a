import type { texts as english } from "../en/shell.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "chequecard",
  buttons: {
    ok: "OK",
    back: "Zurück",
    close: "Schließen",
  },
} satisfies Texts<typeof english>;
