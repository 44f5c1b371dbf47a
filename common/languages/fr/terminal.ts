import type { texts as english } from "../en/terminal.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales < 2 ? `${sales} vente` : `${sales} ventes`);
const codes = (count: number): string => (count < 2 ? `${count} code QR` : `${count} codes QR`);
const tries = (left: number): string => (left < 2 ? `${left} essai restant` : `${left} essais restants`);

export const texts = {
  sell: {
    typeAmount:
      "Saisissez un montant (2500sat, 3,50eur avec --rate 61500eur) puis Entrée. Une ligne vide ou Ctrl-C termine.",
    nextAmount: "Montant suivant :",
    sale: (number: number, amount: string) => `Vente ${number} : ${amount}`,
    expiry: (found: string) => `--expiry : donnez de 30 à 86400 secondes, pas « ${found} »`,
    served: (urls: string) =>
      `Page et API de la caisse : ${urls}\nClés : chequecard terminal key. Ctrl-C termine.`,
    servedAlready: (url: string) => `Une caisse de ce dossier tourne déjà : ${url}`,
    reader: (name: string) => `Lecteur « ${name} » : parmi ceux qui conviennent, c’est lui qui a la carte.`,
  },
  page: {
    opens: (url: string) => `La page s’ouvre dans votre navigateur : ${url}`,
    openOnce: (minutes: number, link: string) =>
      `Ouvrez ceci sur cet ordinateur dans les ${minutes} minutes, une seule fois :\n${link}`,
    closed: "Le navigateur a été fermé.",
    notStarted: "Le navigateur n’a pas pu démarrer. Ouvrez l’adresse vous-même.",
  },
  code: {
    tooWide: (columns: number, needed: number, instead: string) =>
      `Le code QR ne tient pas dans ${columns} colonnes : élargissez la fenêtre à ${needed}, ou ${instead}.`,
    tap: "faites présenter la carte",
    handOver: "transmettez la facture ci-dessous",
    picture: "donnez --out FICHIER.png",
  },
  question: {
    are: (sum: string, amount: string) => `${sum} font ${amount}`,
    aboveLimit: (sum: string, limit: string) =>
      `${sum} : plus que ${limit}, la limite d’une vente. Encaisser quand même ?`,
    oddRate: (sum: string, last: string, before: string, now: string) =>
      `${sum} : à la dernière vente, ${last} faisaient ${before}, à ce cours ils font ${now}. Le cours est-il juste ?`,
    choice: "[o/N]",
    yes: "o oui",
    noTerminal: (question: string) => `${question} Il n’y a personne à qui le demander ici.`,
    giveYes: "Confirmez avec --yes, ou lancez la commande dans un terminal.",
  },
  pin: {
    name: "Code PIN",
    wrong: (left: number) => `Code PIN faux, ${tries(left)}. Code PIN`,
    form: (question: string) => `Un code PIN a de 4 à 12 chiffres. ${question}`,
    present: "Code PIN actuel",
    fresh: "Nouveau code PIN (4 à 12 chiffres)",
    again: "Nouveau code PIN, à nouveau",
    differ: "Nouveau code PIN : les deux saisies diffèrent ; rien n’a été modifié.",
    changed: "Le code PIN est modifié.",
    nothing: (question: string) => `${question} : rien n’a été saisi`,
    noTerminal: (question: string) => `${question} : il n’y a personne à qui le demander ici`,
    setVariable: (variable: string) =>
      `Définissez la variable d’environnement ${variable}, ou lancez la commande dans un terminal.`,
    wrongVariable: (variable: string, left: number) =>
      `Code PIN : celui de ${variable} est faux, ${tries(left)}`,
    badVariable: (variable: string) => `Code PIN : il faut de 4 à 12 chiffres dans ${variable}`,
  },
  balance: {
    embedded: "Nœud intégré : un vrai protocole sur une chaîne simulée, sans argent réel.",
    channelMissing:
      "Un canal n’est pas encore utilisable, et son argent manque ci-dessous : son pair n’est pas connecté.",
    node: "Nœud",
    canSend: "Peut envoyer",
    canReceive: "Peut recevoir",
    today: "Aujourd’hui",
  },
  papers: {
    written: (sales: number, file: string) => `${sold(sales)} dans ${file}.`,
    nothingNew: "Rien n’a été vendu ni remboursé depuis la dernière clôture ; la voici :",
    day: (found: string) => `donnez une date comme 2026-11-22, pas « ${found} »`,
    number: (name: string, found: string) => `${name} : donnez son numéro, pas « ${found} »`,
  },
  refund: {
    oneAmount: "--amount : une facture dit elle-même son montant ; omettez --invoice ou --amount",
  },
  refusal: {
    noSale: (number: number) => `vente ${number} : il n’y en a pas de ce numéro`,
    isOpen: (number: string) =>
      `la vente ${number} est ouverte à cette caisse ; terminez-la ou annulez-la d’abord`,
    noPinWanted: (number: number) => `vente ${number} : aucune carte ne demande de code PIN`,
    noPrinter: "cette caisse n’a pas d’imprimante de tickets",
    namePrinter: "Indiquez-en une dans terminal.yaml, par exemple printer: /dev/usb/lp0.",
    noTips: "pourboire : cette caisse n’en prend pas",
    setTips: "Réglez tips dans terminal.yaml, ou omettez le pourboire.",
    noProduct: (field: string, product: string) => `${field} : « ${product} » n’existe plus`,
    loadProducts: "Rechargez les articles.",
    farRate: (last: string, rate: string) =>
      `le dernier cours était ${last}, celui-ci est ${rate}, bien loin. Est-il juste ?`,
    oldRate: (rate: string, minutes: number) =>
      `le cours ${rate} date de ${minutes} minutes, c’est trop ancien pour encaisser`,
    newRate: "Encaissez en sat, ou faites régler le cours par un responsable.",
    otherCurrency: (currency: string, found: string) =>
      `cette caisse compte en ${currency}, pas en « ${found} »`,
    noRate: (currency: string, example: string) =>
      `il manque le prix d’un bitcoin en ${currency}, par exemple ${example}`,
    twoWays: (found: string, example: string) =>
      `« ${found} » est ambigu ; écrivez ${example} sans rien entre les milliers`,
    decimals: (most: number, currency: string, found: string) =>
      `au plus ${most} décimales en ${currency}, pas « ${found} »`,
    nothing: "il faut plus que 0",
    tooMuch: (found: string) => `au plus 21 millions de bitcoins, pas ${found}`,
    notPaid: (number: number, state: string) =>
      `vente ${number} : seule une vente payée peut être remboursée, celle-ci est ${state}`,
    refundRange: (number: number, most: string, found: string) =>
      `vente ${number} : donnez plus de 0 et au plus ${most}, pas ${found}`,
    noCard: (number: number) =>
      `vente ${number} : aucune carte remboursable ne l’a payée (les Bolt Cards et les portefeuilles ne nomment pas de nœud)`,
    toInvoice: "Pour rembourser plutôt une facture du client : --invoice <bolt11>.",
    noAnswer: (problem: string) => `le nœud de la carte qui a payé ${problem} ; rien n’a été payé`,
    cannotBeAsked: (why: string) => `est injoignable (${why})`,
    doesNotAnswer: "ne répond pas",
    tryLater: "Réessayez plus tard avec la même commande.",
    refundStarted: (number: number) => `vente ${number} : un remboursement est déjà commencé`,
    refundIsPaid: "Il est payé.",
    finishCard: (command: string) =>
      `Terminez-le d’abord, avec le même montant et sans --invoice : ${command}. Il est en attente.`,
    finishInvoice: "Terminez-le d’abord, avec la même facture : il est en attente.",
    refundFailed: (number: number, why: string) =>
      `vente ${number} : le remboursement n’a pas pu être payé : ${why}`,
    againOrInvoice: "Réessayez dans un instant, ou remboursez une facture du client : --invoice <bolt11>.",
    anotherInvoice:
      "Demandez au client une autre facture, ou une d’un portefeuille qui peut recevoir maintenant.",
    invoiceTooHigh: (number: number, most: string, found: string) =>
      `vente ${number} : il faut une facture d’au plus ${most}, celle-ci a ${found}`,
    noAmount: "aucun montant",
    paidBefore: (number: number) => `vente ${number} : cette facture a déjà été payée`,
    newInvoice: "Demandez-en une nouvelle au client.",
  },
  carry: {
    written: (sales: number, amount: string, places: string) =>
      `${sold(sales)} pour ${amount} dans ${places}. Elles restent ouvertes ici jusqu’au retour des résultats.`,
    atShop: (command: string) => `Au magasin : ${command}`,
    asCodes: (folder: string, count: number) => `${folder}, en ${codes(count)}`,
    both: (file: string, folder: string) => `${file} et ${folder}`,
    needPlace: "donnez --out FICHIER pour un fichier, ou --qr DOSSIER pour des codes QR",
    taken: (sales: number, known: number) => `${sold(sales)}, dont ${known} déjà connues.`,
    paid: "Payées",
    refused: "Refusées",
    seeReport: (count: number) => `${count} ; voyez : chequecard terminal report`,
    stillOpen: "Encore ouvertes",
    open: "Ouvertes",
    triedAgain: (count: number) => `${count} ; nouveaux essais tant que le nœud tourne`,
    knownBefore: "Déjà connues",
    results: (file: string) => `Résultats pour le terminal : ${file}`,
    resultsAndCodes: (file: string, count: number, folder: string) =>
      `Résultats pour le terminal : ${file}, et en ${codes(count)} dans ${folder}`,
    wait: (found: string) => `--wait : donnez de 0 à 99999 secondes, pas « ${found} »`,
    byItself: "Le terminal qui tourne ici transmet de lui-même.",
    seeOpen: "Pour voir ce qui est ouvert : chequecard terminal report",
    saleColumn: "VENTE",
    amountColumn: "MONTANT",
    acceptedColumn: "ACCEPTÉE",
    beforeColumn: "À TRANSMETTRE AVANT",
  },
  pack: {
    key: "Clé du terminal",
    fingerprint: "Empreinte",
    payee: "Bénéficiaire",
    ownNode: "l’identifiant de votre nœud, que ses informations montrent",
    send: (command: string) => `Envoyez clé et bénéficiaire à l’émetteur, qui fait le pack : ${command}`,
    installed:
      "Installé. Qui a ce pack peut distinguer les paiements de ces cartes ; gardez le dossier pour vous.",
    isRight: (name: string, fingerprint: string) =>
      `Ce pack est de « ${name} ». L’empreinte de l’émetteur est-elle ${fingerprint} ? Comparez-la avec celle que l’émetteur montre.`,
    none: (command: string) =>
      `Aucun pack d’acceptation n’est installé. Demandez-en un à l’émetteur pour cette clé : ${command}`,
    issuer: "Émetteur",
    label: "Pour",
    number: "Numéro",
    made: "Fait",
    until: "Accepte jusqu’au",
    denied: "Cartes bloquées",
    oneSale: "Par vente",
    oneCard: "Par carte",
    all: "Non transmis",
    allOf: (amount: string, sales: number) => `${amount}, ${sold(sales)}`,
    within: "Transmettre en",
    hours: (hours: number) => (hours < 2 ? `${hours} heure` : `${hours} heures`),
    guarantee: "Garantie",
    guaranteed: (perCard: string, total: string) => `${perCard} par carte, ${total} en tout`,
    noGuarantee: "aucune",
  },
  deputy: {
    amount: "Montant",
    expires: "Expire",
    sales: "Ventes",
    proof: (command: string) => `Quand le payeur montre la preuve : ${command}`,
    sold: (amount: string, description: string, time: string) => `${amount}, ${description}, vendu ${time}`,
    isAuthorization: "C’est une autorisation de paiement, pas la preuve d’un paiement.",
    isOther: (type: number) => `C’est un message de type ${type}, inconnu ici, pas la preuve d’un paiement.`,
    showPreimage: "Le portefeuille du payeur doit montrer la préimage de la facture payée.",
  },
  invoice: {
    network: "Réseau",
    amount: "Montant",
    noAmount: "aucun : le payeur choisit",
    description: "Description",
    descriptionHash: "Empreinte de la description",
    payee: "Bénéficiaire",
    paymentHash: "Empreinte du paiement",
    made: "Faite",
    expires: "Expire",
    invoiceHash: "Empreinte de la facture",
    signed: (hash: string) => `${hash} (ce qu’une carte signe)`,
    payable: "Payable",
    yes: "oui",
    no: (why: string) => `non : ${why}`,
  },
  message: {
    type: "Type",
    unknown: (type: number) => `${type}, que cette version ne connaît pas`,
    payload: "Contenu",
    bytes: (count: number, hex: string) => `${count} octets : ${hex}`,
    authorization: "autorisation de paiement : un jeton, et le nœud qui paie pour lui",
    node: "Nœud",
    token: "Jeton",
    isPreimage: "préimage : la preuve qu’une facture a été payée",
    paymentHash: "Empreinte du paiement",
    preimage: "Préimage",
    notShown: "pas montrée ; --show-preimage la montre",
    written: (file: string) => `${file} est écrit, et vous seul pouvez le lire.`,
  },
} satisfies Texts<typeof english>;
