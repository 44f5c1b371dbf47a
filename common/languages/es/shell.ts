import type { texts as english } from "../en/shell.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "chequecard",
  buttons: {
    ok: "Aceptar",
    back: "Volver",
    close: "Cerrar",
  },
} satisfies Texts<typeof english>;
