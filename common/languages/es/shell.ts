import type { texts as english } from "../en/shell.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "chequecard",
  buttons: {
    ok: "Aceptar",
    back: "Atrás",
    close: "Cerrar",
    pair: "Vincular",
    again: "Reintentar",
  },
  theme: "Aspecto",
  themes: { auto: "Como el dispositivo", light: "Claro", dark: "Sala oscura", sunlight: "A pleno sol" },
  pairing: {
    title: "Vincular este dispositivo",
    how: "Ejecute esta orden en el ordenador que ofrece esta página. Después escanee su código QR o abra la dirección que muestra:",
    field: "Código o dirección",
    busy: "Vinculando…",
    failed: "Este dispositivo no se ha vinculado.",
    badCode: {
      said: "Este código no es válido, ya se usó o ha caducado.",
      next: "Muestre uno nuevo con la orden de abajo.",
    },
    ended: "La clave de este dispositivo ya no es válida. Vincúlelo de nuevo.",
    otherRights:
      "Un enlace o código quiere dar a este dispositivo otra clave, con otros permisos. La que tiene dejará de valer. Siga solo si usted creó ese código.",
  },
  unreachable: "El servidor no responde.",
  unreachableHint: "Compruebe que funciona y que este dispositivo está en su red, y vuelva a intentarlo.",
  connected: "Conectado",
  disconnected: "Sin conexión con el servidor. Nuevo intento…",
} satisfies Texts<typeof english>;
