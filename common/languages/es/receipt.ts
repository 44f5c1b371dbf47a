import type { texts as english } from "../en/receipt.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales === 1 ? "1 venta" : `${sales} ventas`);

export const texts = {
  sale: (number: number) => `Venta ${number}`,
  total: "Total",
  tip: "Propina",
  tipOf: (percent: number) => `Propina ${percent} %`,
  refunded: "Reembolsado",
  left: "Queda en tarjeta",
  paymentHash: "Hash del pago",
  paid: "PAGADO",
  notPaid: "NO PAGADO",
  accepted: "ACEPTADO",
  notPaidYet: "AÚN NO PAGADO",
  refusedNotPaid: "RECHAZADO, NO PAGADO",
  count: sold,
  day: {
    notClosed: "Aún sin cerrar",
    sales: "Ventas",
    numbers: (first: number, last: number) => `${first} a ${last}`,
    paid: "Pagadas",
    received: "Recibido",
    inSales: (sales: number) => `en ${sold(sales)}`,
    refunds: "Reembolsos",
    refunded: "Reembolsado",
    refused: "Acept., rechazado",
    cancelled: "Canceladas",
  },
  totals: {
    paid: "Pagadas",
    refunded: "Reembolsado",
    cancelled: "Canceladas",
    unfinished: "Sin terminar",
    accepted: "Aceptadas",
    acceptedPaid: "pagado",
    acceptedRefused: "rechazado",
    acceptedOpen: "abierto",
  },
} satisfies Texts<typeof english>;
