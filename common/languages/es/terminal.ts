import type { texts as english } from "../en/terminal.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales === 1 ? "1 venta" : `${sales} ventas`);
const codes = (count: number): string => (count === 1 ? "1 código QR" : `${count} códigos QR`);
const tries = (left: number): string => (left === 1 ? "queda 1 intento" : `quedan ${left} intentos`);

export const texts = {
  sell: {
    typeAmount:
      "Teclee un importe (2500sat, 3,50eur con --rate 61500eur) e Intro. Una línea vacía o Ctrl-C termina.",
    nextAmount: "Siguiente importe:",
    sale: (number: number, amount: string) => `Venta ${number}: ${amount}`,
    expiry: (found: string) => `--expiry: indique de 30 a 86400 segundos, no «${found}»`,
    served: (urls: string) =>
      `Página y API de la caja: ${urls}\nClaves: chequecard terminal key. Ctrl-C termina.`,
    servedAlready: (url: string) => `Ya hay una caja de esta carpeta en marcha: ${url}`,
    reader: (name: string) => `Lector «${name}»: de los que encajan, es el que tiene la tarjeta.`,
  },
  page: {
    opens: (url: string) => `La página se abre en su navegador: ${url}`,
    openOnce: (minutes: number, link: string) =>
      `Abra esto en este ordenador en ${minutes} minutos como máximo, una vez:\n${link}`,
    closed: "El navegador se ha cerrado.",
    notStarted: "No se ha podido iniciar el navegador; abra la dirección usted mismo.",
  },
  code: {
    tooWide: (columns: number, needed: number, instead: string) =>
      `El código QR no cabe en ${columns} columnas: ensanche la ventana a ${needed}, o ${instead}.`,
    tap: "haga que se acerque la tarjeta",
    handOver: "entregue la factura de abajo",
    picture: "indique --out ARCHIVO.png",
  },
  question: {
    are: (sum: string, amount: string) => `${sum} son ${amount}`,
    aboveLimit: (sum: string, limit: string) =>
      `${sum}: más de ${limit}, el límite de una venta. ¿Cobrar de todos modos?`,
    oddRate: (sum: string, last: string, before: string, now: string) =>
      `${sum}: en la última venta ${last} eran ${before}, con este cambio son ${now}. ¿Es correcto el cambio?`,
    choice: "[s/N]",
    yes: "s si sí",
    noTerminal: (question: string) => `${question} Aquí no hay a quién preguntar.`,
    giveYes: "Confirme con --yes, o ejecute la orden en un terminal.",
  },
  pin: {
    name: "PIN",
    wrong: (left: number) => `PIN incorrecto, ${tries(left)}. PIN`,
    form: (question: string) => `Un PIN tiene de 4 a 12 cifras. ${question}`,
    present: "PIN actual",
    fresh: "PIN nuevo (de 4 a 12 cifras)",
    again: "PIN nuevo otra vez",
    differ: "PIN nuevo: los dos no coinciden; no se cambió nada.",
    changed: "El PIN ha cambiado.",
    nothing: (question: string) => `${question}: no se tecleó nada`,
    noTerminal: (question: string) => `${question}: aquí no hay a quién preguntarlo`,
    setVariable: (variable: string) =>
      `Defina la variable de entorno ${variable}, o ejecute la orden en un terminal.`,
    wrongVariable: (variable: string, left: number) => `PIN: el de ${variable} es incorrecto, ${tries(left)}`,
    badVariable: (variable: string) => `PIN: ${variable} debe tener de 4 a 12 cifras`,
  },
  balance: {
    embedded: "Nodo integrado: un protocolo real sobre una cadena simulada; no hay dinero real en él.",
    channelMissing:
      "Un canal aún no se puede usar y su dinero falta abajo: el otro extremo no está conectado.",
    node: "Nodo",
    canSend: "Puede enviar",
    canReceive: "Puede recibir",
    today: "Hoy",
  },
  papers: {
    written: (sales: number, file: string) => `${sold(sales)} en ${file}.`,
    nothingNew: "No se vendió ni se reembolsó nada desde el último cierre; es este:",
    day: (found: string) => `indique una fecha como 2026-11-22, no «${found}»`,
    number: (name: string, found: string) => `${name}: indique su número, no «${found}»`,
  },
  refund: {
    oneAmount: "--amount: una factura ya dice su importe; omita --invoice o --amount",
  },
  refusal: {
    noSale: (number: number) => `venta ${number}: no hay ninguna con ese número`,
    isOpen: (number: string) => `la venta ${number} está abierta en esta caja; termínela o cancélela primero`,
    noPinWanted: (number: number) => `venta ${number}: ninguna tarjeta pide un PIN ahora`,
    noPrinter: "esta caja no tiene impresora de recibos",
    namePrinter: "Indique una en terminal.yaml, por ejemplo printer: /dev/usb/lp0.",
    noTips: "propina: esta caja no la admite",
    setTips: "Ponga tips en terminal.yaml, u omita la propina.",
    noProduct: (field: string, product: string) => `${field}: «${product}» ya no existe`,
    loadProducts: "Cargue de nuevo los artículos.",
    farRate: (last: string, rate: string) =>
      `el último cambio era ${last}, este es ${rate}, muy lejos. ¿Es correcto?`,
    oldRate: (rate: string, minutes: number) =>
      `el cambio ${rate} tiene ${minutes} minutos, demasiado para cobrar con él`,
    newRate: "Cobre en sat, o haga que un responsable ponga el cambio.",
    otherCurrency: (currency: string, found: string) => `esta caja cuenta en ${currency}, no en «${found}»`,
    noRate: (currency: string, example: string) =>
      `falta el precio de un bitcoin en ${currency}, por ejemplo ${example}`,
    twoWays: (found: string, example: string) =>
      `«${found}» es ambiguo; escriba ${example} sin nada entre los millares`,
    decimals: (most: number, currency: string, found: string) =>
      `como mucho ${most} decimales en ${currency}, no «${found}»`,
    nothing: "hace falta más que 0",
    tooMuch: (found: string) => `como mucho 21 millones de bitcoins, no ${found}`,
    notPaid: (number: number, state: string) =>
      `venta ${number}: solo se puede reembolsar una venta pagada, esta está ${state}`,
    refundRange: (number: number, most: string, found: string) =>
      `venta ${number}: indique más de 0 y como mucho ${most}, no ${found}`,
    noCard: (number: number) =>
      `venta ${number}: no pagó ninguna tarjeta a la que se pueda reembolsar (las Bolt Card y los monederos no nombran ningún nodo)`,
    toInvoice: "Para reembolsar en cambio a una factura del cliente: --invoice <bolt11>.",
    noAnswer: (problem: string) => `el nodo de la tarjeta que pagó ${problem}; no se pagó nada`,
    cannotBeAsked: (why: string) => `no se puede contactar (${why})`,
    doesNotAnswer: "no responde",
    tryLater: "Inténtelo más tarde con la misma orden.",
    refundStarted: (number: number) => `venta ${number}: ya hay un reembolso empezado`,
    refundIsPaid: "Está pagado.",
    finishCard: (command: string) =>
      `Termine primero ese, con el mismo importe y sin --invoice: ${command}. Está pendiente.`,
    finishInvoice: "Termine primero ese, con la misma factura: está pendiente.",
    refundFailed: (number: number, why: string) => `venta ${number}: no se pudo pagar el reembolso: ${why}`,
    againOrInvoice: "Inténtelo enseguida, o reembolse a una factura del cliente: --invoice <bolt11>.",
    anotherInvoice: "Pida al cliente otra factura, o una de un monedero que pueda recibir ahora.",
    invoiceTooHigh: (number: number, most: string, found: string) =>
      `venta ${number}: hace falta una factura de como mucho ${most}, esta tiene ${found}`,
    noAmount: "ningún importe",
    paidBefore: (number: number) => `venta ${number}: esta factura ya se pagó`,
    newInvoice: "Pida una nueva al cliente.",
  },
  carry: {
    written: (sales: number, amount: string, places: string) =>
      `${sold(sales)} por ${amount} en ${places}. Siguen abiertas aquí hasta que vuelvan los resultados.`,
    atShop: (command: string) => `En la tienda: ${command}`,
    asCodes: (folder: string, count: number) => `${folder}, como ${codes(count)}`,
    both: (file: string, folder: string) => `${file} y ${folder}`,
    needPlace: "indique --out ARCHIVO para un archivo, o --qr CARPETA para códigos QR",
    taken: (sales: number, known: number) => `${sold(sales)}, ${known} de ellas ya conocidas.`,
    paid: "Pagadas",
    refused: "Rechazadas",
    seeReport: (count: number) => `${count}; vea: chequecard terminal report`,
    stillOpen: "Aún abiertas",
    open: "Abiertas",
    triedAgain: (count: number) => `${count}; se sigue intentando mientras el nodo funcione`,
    knownBefore: "Ya conocidas",
    results: (file: string) => `Resultados para el terminal: ${file}`,
    resultsAndCodes: (file: string, count: number, folder: string) =>
      `Resultados para el terminal: ${file}, y como ${codes(count)} en ${folder}`,
    wait: (found: string) => `--wait: indique de 0 a 99999 segundos, no «${found}»`,
    byItself: "El terminal que funciona aquí transmite por sí mismo.",
    seeOpen: "Para ver lo que queda abierto: chequecard terminal report",
    saleColumn: "VENTA",
    amountColumn: "IMPORTE",
    acceptedColumn: "ACEPTADA",
    beforeColumn: "TRANSMITIR ANTES DE",
  },
  pack: {
    key: "Clave del terminal",
    fingerprint: "Huella",
    payee: "Beneficiario",
    ownNode: "el id de su nodo, que aparece en su información",
    send: (command: string) => `Envíe clave y beneficiario al emisor, que hace el paquete: ${command}`,
    installed:
      "Instalado. Quien tiene este paquete puede distinguir los pagos de estas tarjetas; no comparta la carpeta.",
    isRight: (name: string, fingerprint: string) =>
      `Este paquete es de «${name}». ¿Es ${fingerprint} la huella del emisor? Compárela con la que muestra el emisor.`,
    none: (command: string) =>
      `No hay ningún paquete de aceptación instalado. Pida uno al emisor para esta clave: ${command}`,
    issuer: "Emisor",
    label: "Para",
    number: "Número",
    made: "Hecho",
    until: "Acepta hasta",
    denied: "Tarjetas bloqueadas",
    oneSale: "Por venta",
    oneCard: "Por tarjeta",
    all: "Sin transmitir",
    allOf: (amount: string, sales: number) => `${amount}, ${sold(sales)}`,
    within: "Transmitir en",
    hours: (hours: number) => (hours === 1 ? "1 hora" : `${hours} horas`),
    guarantee: "Garantía",
    guaranteed: (perCard: string, total: string) => `${perCard} por tarjeta, ${total} en total`,
    noGuarantee: "ninguna",
  },
  deputy: {
    amount: "Importe",
    expires: "Caduca",
    sales: "Ventas",
    proof: (command: string) => `Cuando el pagador muestre el comprobante: ${command}`,
    sold: (amount: string, description: string, time: string) => `${amount}, ${description}, vendido ${time}`,
    isAuthorization: "Esto es una autorización de pago, no el comprobante de un pago.",
    isOther: (type: number) =>
      `Esto es un mensaje de tipo ${type}, desconocido aquí, no el comprobante de un pago.`,
    showPreimage: "El monedero del pagador debe mostrar la preimagen de la factura pagada.",
  },
  invoice: {
    network: "Red",
    amount: "Importe",
    noAmount: "ninguno: lo elige el pagador",
    description: "Descripción",
    descriptionHash: "Hash de la descripción",
    payee: "Beneficiario",
    paymentHash: "Hash del pago",
    made: "Hecha",
    expires: "Caduca",
    invoiceHash: "Hash de la factura",
    signed: (hash: string) => `${hash} (lo que firma una tarjeta)`,
    payable: "Se puede pagar",
    yes: "sí",
    no: (why: string) => `no: ${why}`,
  },
  message: {
    type: "Tipo",
    unknown: (type: number) => `${type}, que esta versión no conoce`,
    payload: "Contenido",
    bytes: (count: number, hex: string) => `${count} bytes: ${hex}`,
    authorization: "autorización de pago: un token, y el nodo que paga por él",
    node: "Nodo",
    token: "Token",
    isPreimage: "preimagen: el comprobante de que una factura se pagó",
    paymentHash: "Hash del pago",
    preimage: "Preimagen",
    notShown: "no se muestra; --show-preimage la muestra",
    written: (file: string) => `${file} está escrito, y solo usted puede leerlo.`,
  },
} satisfies Texts<typeof english>;
