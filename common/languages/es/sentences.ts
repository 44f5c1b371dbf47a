import type { texts as english } from "../en/sentences.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales === 1 ? "1 venta" : `${sales} ventas`);
const tries = (left: number): string =>
  left === 0 ? "no queda ningún intento" : left === 1 ? "queda un intento" : `quedan ${left} intentos`;

const UPDATE = "actualice el software del terminal.";
const OTHER_PAYMENT = "pida otro medio de pago.";
const OTHER_CARD = "pida otra tarjeta.";
const OTHER_CARD_OR_PAYMENT = "pida otra tarjeta u otro medio de pago.";
const SMALLER_OR_OTHER = "pida un importe menor u otro medio de pago.";
const NOT_ACCEPTED = "no la acepte.";
const NEW_SALE = "empiece otra venta y acerque de nuevo la tarjeta.";
const INVOICE_REFUND = "pida una factura al cliente y reembolse a esa factura.";
const FOREIGN_TERMINAL = "Este terminal no habla el idioma de su tarjeta.";
const AGAIN = "Acerque de nuevo su tarjeta, por favor.";
const NOT_CONFIRMED = "Aún sin confirmar: no cobre otra vez.";
const CANCEL_ENDS = "Si cancela, ya no se podrá pagar.";

export const texts = {
  status: {
    ok: { merchant: "Hecho.", cardholder: "Hecho." },
    "wrong-length": {
      merchant: `La tarjeta rechaza la longitud del mensaje; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "domain-locked": {
      merchant: "La administración de la tarjeta está bloqueada; apártela y pregunte a su fabricante.",
      cardholder: "Su tarjeta está bloqueada; consulte a su emisor.",
    },
    "not-authenticated": {
      merchant: "La tarjeta no acepta las claves; apártela y no lo intente más con las mismas claves.",
      cardholder: "Este terminal no tiene las claves de su tarjeta.",
    },
    "channel-not-supported": {
      merchant: `La tarjeta no admite órdenes por otro canal lógico; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "chain-not-ended": {
      merchant: "El mensaje se cortó por la mitad; acerque de nuevo el teléfono.",
      cardholder: "Acerque de nuevo su teléfono, por favor.",
    },
    "chaining-not-supported": {
      merchant: `La tarjeta no admite mensajes por partes; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "pin-required": {
      merchant: "Este importe necesita el PIN; pida al cliente que lo teclee y acerque de nuevo la tarjeta.",
      cardholder: "Teclee su PIN y acerque de nuevo la tarjeta, por favor.",
    },
    "pin-blocked": {
      merchant: "El PIN está bloqueado; pida otro medio de pago y envíe al cliente al emisor.",
      cardholder: "Su PIN está bloqueado tras demasiados intentos erróneos; el emisor puede desbloquearlo.",
    },
    "no-pin": {
      merchant: `Este importe necesita un PIN y la tarjeta no tiene; ${SMALLER_OR_OTHER}`,
      cardholder: "Su tarjeta no tiene PIN y no puede pagar este importe.",
    },
    "wrong-lifecycle": {
      merchant: "La tarjeta no está lista para esto; no está personalizada, o ya lo está.",
      cardholder: "Su tarjeta no está preparada para pagar; consulte a su emisor.",
    },
    "secure-messaging-missing": {
      merchant: "La tarjeta cerró el canal seguro; acérquela de nuevo.",
      cardholder: AGAIN,
    },
    "secure-messaging-wrong": {
      merchant:
        "La tarjeta cerró el canal seguro porque un mensaje fue alterado por el camino; acérquela de nuevo.",
      cardholder: AGAIN,
    },
    "wrong-data": {
      merchant: `La tarjeta rechaza el contenido del mensaje; revise el importe y ${UPDATE}`,
      cardholder: "El terminal envió algo que su tarjeta no acepta.",
    },
    "application-not-found": {
      merchant: `Esta tarjeta no es una chequecard; ${OTHER_CARD}`,
      cardholder: "Esta tarjeta no puede pagar aquí.",
    },
    "no-room": {
      merchant: "En la tarjeta no caben más claves; sustituya claves que ya tiene.",
      cardholder: "Su tarjeta está llena; consulte a su emisor.",
    },
    "wrong-parameters": {
      merchant: `La tarjeta no conoce esta forma de la orden; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "not-this-card": {
      merchant:
        "La tarjeta no conoce este juego de claves u objeto de datos; el mensaje era para otro lote de tarjetas.",
      cardholder: "El mensaje no era para su tarjeta.",
    },
    "unknown-command": {
      merchant: `La tarjeta no conoce esta orden; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "unknown-class": {
      merchant: `La tarjeta no conoce esta clase de órdenes; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "card-fault": {
      merchant: `La tarjeta avisa de un fallo interno; acérquela de nuevo y, si sigue, ${OTHER_CARD}`,
      cardholder: "Su tarjeta tiene un fallo; acérquela de nuevo o consulte a su emisor.",
    },
    "above-max-per-transaction": {
      merchant: `El importe supera lo que esta tarjeta puede pagar de una vez; ${SMALLER_OR_OTHER}`,
      cardholder: "Es más de lo que su tarjeta puede pagar de una vez.",
    },
    "above-available": {
      merchant:
        "No hay suficiente dinero en la tarjeta; pida un importe menor, una recarga u otro medio de pago.",
      cardholder: "No hay suficiente dinero en su tarjeta.",
    },
    "counter-used-up": {
      merchant: `La tarjeta ha hecho todos los pagos que puede hacer; ${OTHER_PAYMENT}`,
      cardholder: "Su tarjeta ha hecho todos sus pagos; su emisor puede aumentar el número.",
    },
    blocked: {
      merchant: `El emisor ha bloqueado esta tarjeta; ${NOT_ACCEPTED}`,
      cardholder: "Su tarjeta está bloqueada; consulte a su emisor.",
    },
    "not-from-issuer": {
      merchant: "La actualización no está firmada por el emisor de la tarjeta; no se cambió nada.",
      cardholder: "La actualización no era del emisor de su tarjeta; no se cambió nada.",
    },
    "nothing-yet": {
      merchant: "El teléfono aún no tiene mensaje; espere a que el cliente acepte y el teléfono pague.",
      cardholder: "Acepte el pago en su teléfono y acérquelo de nuevo, por favor.",
    },
    declined: {
      merchant: `El cliente rechazó el pago o este falló; ${OTHER_PAYMENT}`,
      cardholder: "Usted rechazó el pago, o este falló; no se pagó nada.",
    },
    "invoice-not-accepted": {
      merchant: `El monedero del cliente no puede pagar esta factura; ${OTHER_PAYMENT}`,
      cardholder: "Su monedero no puede pagar esta factura.",
    },
    "pin-wrong": {
      merchant: "El PIN es incorrecto; pida al cliente que lo intente de nuevo.",
      cardholder: "Ese PIN es incorrecto; inténtelo de nuevo, por favor.",
    },
    "more-data": {
      merchant: `La tarjeta tiene más que decir y no se le preguntó; ${UPDATE}`,
      cardholder: AGAIN,
    },
    "wrong-expected-length": {
      merchant: `La tarjeta quiere responder con otra longitud; ${UPDATE}`,
      cardholder: AGAIN,
    },
  },
  unknownStatus: {
    merchant: (sw: string) => `La tarjeta respondió ${sw}, que este terminal no conoce; ${OTHER_PAYMENT}`,
    cardholder: (sw: string) => `Su tarjeta respondió ${sw}, que este terminal no conoce.`,
  },
  pinTries: {
    merchant: (left: number) =>
      `El PIN es incorrecto y ${tries(left)}; ${left === 0 ? OTHER_PAYMENT : "pida al cliente que lo intente de nuevo."}`,
    cardholder: (left: number) => `Ese PIN es incorrecto; ${tries(left)}.`,
  },
  reject: {
    "invoice-malformed": `El emisor no pudo leer la factura; ${UPDATE}`,
    "invoice-wrong-network": `El emisor de la tarjeta está en otra red que este terminal; ${OTHER_CARD}`,
    "invoice-unknown-feature": `El nodo del emisor no conoce una función que la factura exige; ${OTHER_PAYMENT}`,
    "invoice-expired": "La factura caducó antes de poder pagarse; empiece otra venta.",
    "invoice-without-amount": "La factura no tiene importe; empiece otra venta con un importe.",
    "payee-not-allowed": `Esta tarjeta no puede pagar en este comercio; ${OTHER_PAYMENT}`,
    "payee-is-payer": `El comercio y el emisor de la tarjeta tienen el mismo nodo, que no puede pagarse a sí mismo; ${OTHER_PAYMENT}`,
    "invoice-taken":
      "Esta venta ya está pagada, o se está pagando, con otra autorización; revise la venta antes de nada.",
    "invoice-expires-late":
      "La venta queda abierta más tiempo del que acepta el emisor de la tarjeta; ponga un tiempo más corto en el terminal, revise su reloj y empiece otra venta.",
    "token-not-accepted": `El emisor no acepta esta tarjeta; ${OTHER_CARD_OR_PAYMENT}`,
    "token-other-invoice": `La tarjeta autorizó otra venta; ${NEW_SALE}`,
    "token-other-amount": `La tarjeta autorizó otro importe; ${NEW_SALE}`,
    "card-blocked": `El emisor ha retirado esta tarjeta para siempre; ${NOT_ACCEPTED}`,
    "token-void": `Esta autorización ya no es válida; ${NEW_SALE}`,
    "card-contradicts": `El emisor ha bloqueado esta tarjeta; ${NOT_ACCEPTED}`,
    "above-max-per-transaction": `El importe supera lo que esta tarjeta puede pagar de una vez; ${SMALLER_OR_OTHER}`,
    "above-period-limit": `Esta tarjeta ha llegado a su límite de hoy o de este mes; ${SMALLER_OR_OTHER}`,
    "pin-required":
      "El emisor exige el PIN para este importe; empiece otra venta, pida el PIN al cliente y que acerque de nuevo la tarjeta.",
    "outside-hours": `Esta tarjeta no puede pagar a esta hora; ${OTHER_PAYMENT}`,
    "not-funded":
      "No hay suficiente dinero en la tarjeta; pida un importe menor, una recarga u otro medio de pago.",
    "below-min-per-transaction":
      "El importe es demasiado pequeño para esta tarjeta; pida un importe mayor u otro medio de pago.",
    "payment-failed":
      "El nodo del emisor no encontró cómo pagar; no se cobró nada, empiece otra venta o pida otro medio de pago.",
    "fee-too-high": `Las comisiones de enrutamiento superan lo que permite el emisor; no se cobró nada, ${OTHER_PAYMENT}`,
    busy: "El emisor está saturado en este momento; inténtelo de nuevo enseguida.",
    internal:
      "El servicio del emisor tiene un fallo; no se cobró nada, inténtelo más tarde o pida otro medio de pago.",
    "card-on-hold": `El emisor no paga por esta tarjeta de momento; ${OTHER_CARD_OR_PAYMENT}`,
    "no-reason": `El emisor rechazó el pago sin dar un motivo; ${OTHER_PAYMENT}`,
  },
  unknownReject: (code: number) =>
    `El emisor rechazó el pago con el código ${code}, que este terminal no conoce; ${OTHER_PAYMENT}`,
  sale: {
    tapOrScan: "Acerque una tarjeta o un teléfono, o escanee el código. Ctrl-C cancela.",
    tap: "Acerque una tarjeta o un teléfono. Ctrl-C cancela.",
    torn: "La tarjeta o el teléfono se retiró demasiado pronto; acérquelo de nuevo.",
    phoneSilent: `${NOT_CONFIRMED} El teléfono ha recibido la factura y quizá aún esté pagando; déjelo en el lector o acérquelo de nuevo.`,
    phonePaid: "El teléfono dice que ha pagado; espere a que llegue el dinero.",
    takeCard: "Retire la tarjeta, por favor.",
    notOfThisProtocol: (problem: string) =>
      `La tarjeta o el teléfono respondió algo que no es de este protocolo (${problem}).`,
    unreachable: (problem: string) =>
      `No se puede contactar con el nodo de la tarjeta (${problem}); se sigue intentando. Cancele para tomar otro medio de pago.`,
    lostAfterAsking: (problem: string) =>
      `${NOT_CONFIRMED} Se preguntó al nodo de la tarjeta y ya no se puede contactar con él (${problem}); se sigue intentando. ${CANCEL_ENDS}`,
    notConfirmed: `${NOT_CONFIRMED} ${CANCEL_ENDS}`,
    expired: "La venta caducó; no se pagó nada.",
    cancelled: "La venta se canceló; no se pagó nada y ya no se puede pagar.",
    declined: (reason: string) => `Rechazado. ${reason}`,
    declinedForNow: (reason: string) => `Rechazado. ${reason} Esta venta ya no se puede pagar.`,
    notMeant: "No era lo que se quería; no se cobró nada.",
    leftUnfinished: (number: number, amount: string) =>
      `La venta ${number} de ${amount} quedó sin terminar; primero se termina esa.`,
    leftForLater: (number: number) =>
      `La venta ${number} aún no ha terminado. Siga vendiendo; se termina mientras tanto, y su final aparecerá aquí.`,
    finishedPaid: (number: number) =>
      `La venta ${number} está pagada. Si no se entregó nada por ella, reembólsela: chequecard terminal refund ${number}`,
    finishedCancelled: (number: number, why: string) => `Venta ${number}: ${why}`,
    ofSale: (number: number, notice: string) => `Venta ${number}: ${notice}`,
    channelsMissing:
      "Aún no están conectados todos los canales del nodo; los pagos que pasen por ellos fallarán.",
  },
  boltCard: {
    asked:
      "Aún sin confirmar: no cobre otra vez. Se pidió el pago al servidor de la tarjeta y dice que paga; se espera el dinero.",
    unclear: (problem: string) =>
      `Aún sin confirmar: no cobre otra vez. Se pidió el pago al servidor de la tarjeta y no respondió con claridad (${problem}). Puede que pague o no; puede pagar otra tarjeta, o cancele.`,
    said: (words: string) =>
      `No pagado, dice el servidor de la tarjeta, con sus palabras: «${words}». Acerque la tarjeta de nuevo o acepte otro medio de pago.`,
    saidNothing:
      "No pagado, dice el servidor de la tarjeta, sin motivo. Acerque la tarjeta de nuevo o acepte otro medio de pago.",
    askedBefore:
      "Aún sin confirmar: no cobre otra vez. Ya se pidió el pago de esta venta al servidor de una Bolt Card; no se le pide otra vez. Puede pagar otra tarjeta, o cancele.",
    pinForm: "El PIN de una Bolt Card tiene 4 cifras; introdúzcalo de nuevo.",
    refusal: {
      "not-a-bolt-card": (problem: string) =>
        `Con esta tarjeta no se puede pagar aquí (${problem}); pida otra tarjeta u otro medio de pago.`,
      "not-allowed": (problem: string) =>
        `No se puede consultar al servidor de la tarjeta (${problem}); pida otra tarjeta u otro medio de pago.`,
      unreachable: (problem: string) =>
        `No se llega al servidor de la tarjeta (${problem}), y una Bolt Card solo paga a través de él; pida otra tarjeta u otro medio de pago.`,
      "no-offer": (problem: string) =>
        `El servidor de la tarjeta no ofrece pagar (${problem}); pida otra tarjeta u otro medio de pago.`,
      "server-refused": (words: string) =>
        `El servidor de la tarjeta no paga, con sus palabras: «${words}». Pida otra tarjeta u otro medio de pago.`,
      "below-minimum": (least: string) => `Esta tarjeta no paga menos de ${least}; pida otro medio de pago.`,
      "above-maximum": (most: string) =>
        `Esta tarjeta no paga más de ${most} a la vez; pida otra tarjeta u otro medio de pago.`,
      "no-pin":
        "Este importe necesita el PIN de la tarjeta; no se pidió nada. Acerque la tarjeta de nuevo para introducirlo.",
      "same-request":
        "El servidor de la tarjeta dio otra vez el mismo número, y un pago se pide una sola vez; pida otra tarjeta u otro medio de pago.",
      offline:
        "No hay conexión, y una Bolt Card no se puede aceptar sin ella; pida una chequecard u otro medio de pago.",
    },
  },
  offline: {
    online: "Con conexión.",
    nothingHeld: "No queda abierto nada de lo que se aceptó sin conexión.",
    offline:
      "Sin conexión: se aceptan, dentro de sus límites, las tarjetas de los emisores cuyo paquete de aceptación tiene este terminal. Aceptado no es pagado.",
    held: (sales: number, amount: string) => `Aceptado y aún sin transmitir: ${sold(sales)} por ${amount}.`,
    tap: "Sin conexión: acerque una tarjeta. Ctrl-C cancela.",
    accepted: (amount: string) =>
      `ACEPTADO, AÚN NO PAGADO: ${amount}. Entregue la mercancía; el pago llegará cuando haya conexión.`,
    notAccepted: {
      over: (number: number, amount: string, why: string) =>
        `La venta ${number} de ${amount} NO SE HA ACEPTADO (${why}). No entregue nada: no está pagada y ya no se puede pagar.`,
      open: (number: number, amount: string, why: string) =>
        `La venta ${number} de ${amount} NO SE HA ACEPTADO (${why}). No entregue nada. Su factura no se pudo anular, así que aún podría pagarse: el próximo inicio del terminal la anula, o dice que está pagada y cómo reembolsarla.`,
      arriving: (number: number, amount: string, why: string) =>
        `La venta ${number} de ${amount} no se pudo aceptar (${why}), y su pago está llegando. No entregue nada hasta que el próximo inicio del terminal diga que está pagada.`,
    },
    refused: (number: number, reason: string) =>
      `La venta ${number} se aceptó sin conexión y no se pagará: ${reason}`,
    forwarded: {
      paid: (sales: number, amount: string) =>
        `Una venta aceptada está pagada. Aún abierto: ${sold(sales)} por ${amount}.`,
      refused: (sales: number, amount: string) =>
        `Una venta aceptada ha sido rechazada y no se pagará; vea el informe. Aún abierto: ${sold(sales)} por ${amount}.`,
    },
    wentOffline:
      "Se ha perdido la conexión y, que este terminal sepa, aún no se ha pagado nada: la venta sigue sin ella.",
    refusal: {
      "no-pack": `No hay conexión, y este terminal no tiene paquete de aceptación para esta tarjeta; ${OTHER_PAYMENT}`,
      "no-certificate": `No hay conexión, y sin ella no se puede aceptar esta tarjeta; ${OTHER_CARD_OR_PAYMENT}`,
      "unknown-key-set": `No hay conexión, y el paquete de aceptación de este terminal no conoce esta tarjeta; ${OTHER_CARD_OR_PAYMENT}`,
      "certificate-not-genuine": `Esta tarjeta no es del emisor; ${NOT_ACCEPTED}`,
      "certificate-expired": `La tarjeta ya no se puede aceptar sin conexión; ${OTHER_CARD_OR_PAYMENT}`,
      "above-certificate-limit": `El importe supera lo que esta tarjeta puede pagar sin conexión; ${SMALLER_OR_OTHER}`,
      "card-denied": `El emisor no quiere que se acepte esta tarjeta; ${OTHER_CARD}`,
      "card-contradicts":
        "Esta tarjeta ha firmado cosas que no pueden ser ciertas a la vez, así que puede ser una copia; no la acepte, y transmita las ventas en cuanto haya conexión.",
      "above-sale-limit": `El importe supera lo que este terminal acepta sin conexión; ${SMALLER_OR_OTHER}`,
      "above-card-limit":
        "Esta tarjeta ha pagado aquí sin conexión todo lo que puede; pida otra tarjeta, o transmita primero las ventas.",
      "above-terminal-limit":
        "Este terminal ha aceptado sin conexión todo lo que puede; transmita primero las ventas.",
      "too-many-sales":
        "Este terminal guarda tantas ventas sin conexión como puede; transmita primero las ventas.",
      "pack-too-old":
        "El paquete de aceptación es demasiado viejo para aceptar tarjetas sin conexión; pida uno nuevo al emisor.",
      "clock-behind-pack":
        "El reloj del terminal va por detrás del día en que se hizo su paquete de aceptación; ponga el reloj en hora.",
      "token-not-genuine": `Lo que firmó la tarjeta no es válido; ${NOT_ACCEPTED}`,
      "other-card": `El token y el certificado son de dos tarjetas; ${NOT_ACCEPTED}`,
      "other-invoice": `La tarjeta autorizó otra venta; ${NEW_SALE}`,
      "other-amount": `La tarjeta autorizó otro importe; ${NEW_SALE}`,
    },
  },
  receipt: {
    notPrinted: (why: string) =>
      `El recibo no se imprimió (${why}). Imprímalo con «chequecard terminal receipt <venta>».`,
  },
  refund: {
    paid: (amount: string, number: number) => `Se han reembolsado ${amount} de la venta ${number}.`,
    paidToCard: (amount: string, number: number) =>
      `Se han reembolsado ${amount} de la venta ${number} en la tarjeta que pagó. La tarjeta lo mostrará cuando se acerque de nuevo.`,
    aboveSale: (refunded: string, amount: string, left: string) =>
      `De ${amount} ya se reembolsaron ${refunded} y quedan ${left}; pruebe con un importe menor (--amount).`,
    allRefunded: (amount: string) =>
      `Los ${amount} de la venta ya se reembolsaron por completo; no se pagó nada.`,
    refused: (number: number, why: string) => `El reembolso de la venta ${number} no se aceptó. ${why}`,
    inFlight: (number: number) =>
      `El reembolso de la venta ${number} está en curso y sin confirmar. Ejecute la misma orden otra vez para terminarlo.`,
    finishedPaid: (number: number) => `El reembolso de la venta ${number} está pagado.`,
    finishedOpen: (number: number) => `El reembolso de la venta ${number} aún no está confirmado.`,
  },
  refundRefusal: {
    "unknown-sale": `El emisor no conoce ningún pago de esta venta con una de sus tarjetas; ${INVOICE_REFUND}`,
    "card-retired": `La tarjeta que pagó está retirada para siempre, así que no se pagó nada; ${INVOICE_REFUND}`,
    "card-cashed-out": `El saldo de la tarjeta que pagó ya se devolvió en efectivo, así que no se pagó nada; ${INVOICE_REFUND}`,
    "above-sale": "Es más de lo que queda por reembolsar de la venta; pruebe con un importe menor.",
    "refund-over": "La factura del emisor para este reembolso caducó; empiece el reembolso otra vez.",
    "refund-differs": "Este reembolso se empezó con otro importe; empiece el reembolso otra vez.",
    "too-many-refunds": `El emisor no acepta más reembolsos de esta venta; ${INVOICE_REFUND}`,
    busy: "El emisor está saturado en este momento; inténtelo de nuevo enseguida.",
    "sale-in-flight":
      "El emisor aún no ha contabilizado el pago de esta venta; inténtelo de nuevo enseguida.",
    "refunds-open":
      "Otro reembolso de esta venta está empezado y sin pagar; inténtelo de nuevo dentro de diez minutos, cuando haya caducado su factura.",
  },
  unknownRefundRefusal: (code: number) =>
    `El emisor rechazó el reembolso con el código ${code}, que este terminal no conoce; ${INVOICE_REFUND}`,
  proof: {
    holdPhone: "Acerque el teléfono al lector, o escanee el código. Ctrl-C termina.",
    phoneTorn: "El teléfono se retiró demasiado pronto; acérquelo de nuevo al lector.",
    notShown: "Ningún teléfono ha mostrado un comprobante; la venta sigue abierta hasta que caduque.",
    accepted: "Pagado. Entregue la mercancía.",
    "already-used": "No aceptado: este comprobante ya se mostró, y la mercancía ya se entregó.",
    cancelled: "No aceptado: esta venta se canceló.",
    expired: "No aceptado: esta venta terminó; su factura caducó hace demasiado tiempo.",
    unknown: "No aceptado: esto no es un comprobante de ninguna venta de este terminal.",
  },
} satisfies Texts<typeof english>;
