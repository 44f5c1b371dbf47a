import type { texts as english } from "../en/customer.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Pantalla del cliente",
  buttons: {},
  welcome: "Bienvenidos",
  state: {
    waiting: {
      title: "Pague, por favor",
      next: "Acerque su tarjeta o teléfono al lector, o escanee el código.",
    },
    card: { title: "Un momento", next: "Deje su tarjeta en el lector." },
    torn: { title: "Otra vez, por favor", next: "Acerque de nuevo su tarjeta al lector." },
    notTaken: { title: "No ha funcionado", next: "Pruebe otra tarjeta o escanee el código." },
    pin: { title: "Su PIN, por favor", next: "Escríbalo en la caja." },
    paying: { title: "Pagando", next: "Un momento, por favor." },
    cancelling: { title: "Un momento", next: "La venta se está cancelando." },
    paid: { title: "¡Gracias!", next: "Pagado." },
    accepted: { title: "¡Gracias!", next: "Aceptado. El pago llegará cuando haya conexión." },
    cancelled: { title: "Cancelado", next: "No se pagó nada." },
    expired: { title: "Tiempo agotado", next: "No se pagó nada." },
    declined: { title: "Rechazado", next: "No se pagó nada. Pague de otra manera, por favor." },
    refused: { title: "No pagado", next: "Pregunte en la caja." },
    unknown: { title: "Un momento", next: "No hay conexión con la caja." },
  },
  code: (sum) => `Código QR de la factura de ${sum}`,
} satisfies Texts<typeof english>;
