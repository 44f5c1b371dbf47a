import type { texts as english } from "../en/sentences.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales < 2 ? `${sales} vente` : `${sales} ventes`);
const tries = (left: number): string =>
  left === 0 ? "il ne reste aucun essai" : left === 1 ? "il reste un essai" : `il reste ${left} essais`;

const UPDATE = "mettez à jour le logiciel du terminal.";
const OTHER_PAYMENT = "demandez un autre moyen de paiement.";
const OTHER_CARD = "demandez une autre carte.";
const OTHER_CARD_OR_PAYMENT = "demandez une autre carte ou un autre moyen de paiement.";
const SMALLER_OR_OTHER = "demandez un montant plus petit ou un autre moyen de paiement.";
const NOT_ACCEPTED = "ne l’acceptez pas.";
const NEW_SALE = "recommencez la vente et présentez la carte à nouveau.";
const INVOICE_REFUND = "demandez une facture au client et remboursez-la.";
const FOREIGN_TERMINAL = "Ce terminal ne parle pas la langue de votre carte.";
const AGAIN = "Présentez à nouveau votre carte.";
const NOT_CONFIRMED = "Pas encore confirmé : n’encaissez pas une seconde fois.";
const CANCEL_ENDS = "Après l’annulation, elle ne peut plus être payée.";

export const texts = {
  status: {
    ok: { merchant: "C’est fait.", cardholder: "C’est fait." },
    "wrong-length": {
      merchant: `La carte refuse la longueur du message ; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "domain-locked": {
      merchant:
        "L’administration de la carte est verrouillée ; mettez la carte de côté et demandez à son fabricant.",
      cardholder: "Votre carte est verrouillée ; adressez-vous à son émetteur.",
    },
    "not-authenticated": {
      merchant:
        "La carte n’accepte pas les clés ; mettez-la de côté et ne réessayez pas avec les mêmes clés.",
      cardholder: "Ce terminal n’a pas les clés de votre carte.",
    },
    "channel-not-supported": {
      merchant: `La carte n’accepte pas de commandes sur un autre canal logique ; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "chain-not-ended": {
      merchant: "Le message s’est interrompu au milieu ; posez à nouveau le téléphone.",
      cardholder: "Posez à nouveau votre téléphone.",
    },
    "chaining-not-supported": {
      merchant: `La carte n’accepte pas de messages en plusieurs parties ; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "pin-required": {
      merchant:
        "Ce montant demande le code PIN ; faites-le saisir au client et présenter la carte à nouveau.",
      cardholder: "Saisissez votre code PIN et présentez à nouveau votre carte.",
    },
    "pin-blocked": {
      merchant: `Le code PIN est bloqué ; demandez un autre moyen de paiement et adressez le client à l’émetteur.`,
      cardholder: "Votre code PIN est bloqué après trop d’essais erronés ; l’émetteur peut le débloquer.",
    },
    "no-pin": {
      merchant: `Ce montant demande un code PIN et la carte n’en a pas ; ${SMALLER_OR_OTHER}`,
      cardholder: "Votre carte n’a pas de code PIN et ne peut pas payer ce montant.",
    },
    "wrong-lifecycle": {
      merchant: "La carte n’est pas prête ; elle n’est pas encore personnalisée, ou l’est déjà.",
      cardholder: "Votre carte n’est pas prête à payer ; adressez-vous à son émetteur.",
    },
    "secure-messaging-missing": {
      merchant: "La carte a fermé le canal sécurisé ; présentez-la à nouveau.",
      cardholder: AGAIN,
    },
    "secure-messaging-wrong": {
      merchant:
        "La carte a fermé le canal sécurisé, car un message a été modifié en chemin ; présentez-la à nouveau.",
      cardholder: AGAIN,
    },
    "wrong-data": {
      merchant: `La carte refuse le contenu du message ; vérifiez le montant et ${UPDATE}`,
      cardholder: "Le terminal a envoyé quelque chose que votre carte n’accepte pas.",
    },
    "application-not-found": {
      merchant: `Ce n’est pas une carte chequecard ; ${OTHER_CARD}`,
      cardholder: "Cette carte ne peut pas payer ici.",
    },
    "no-room": {
      merchant: "La carte n’a plus de place pour d’autres clés ; remplacez des clés existantes.",
      cardholder: "Votre carte est pleine ; adressez-vous à son émetteur.",
    },
    "wrong-parameters": {
      merchant: `La carte ne connaît pas cette forme de la commande ; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "not-this-card": {
      merchant:
        "La carte ne connaît pas ce jeu de clés ou cet objet ; le message était destiné à une autre série de cartes.",
      cardholder: "Le message n’était pas destiné à votre carte.",
    },
    "unknown-command": {
      merchant: `La carte ne connaît pas cette commande ; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "unknown-class": {
      merchant: `La carte ne connaît pas cette classe de commandes ; ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "card-fault": {
      merchant: `La carte signale une panne interne ; présentez-la à nouveau, et si cela persiste, ${OTHER_CARD}`,
      cardholder: "Votre carte a une panne ; présentez-la à nouveau ou adressez-vous à son émetteur.",
    },
    "above-max-per-transaction": {
      merchant: `Le montant dépasse ce que cette carte peut payer en une fois ; ${SMALLER_OR_OTHER}`,
      cardholder: "C’est plus que ce que votre carte peut payer en une fois.",
    },
    "above-available": {
      merchant:
        "Il n’y a pas assez d’argent sur la carte ; demandez un montant plus petit, un rechargement ou un autre moyen de paiement.",
      cardholder: "Il n’y a pas assez d’argent sur votre carte.",
    },
    "counter-used-up": {
      merchant: `La carte a fait tous les paiements permis ; ${OTHER_PAYMENT}`,
      cardholder: "Votre carte a fait tous ses paiements ; son émetteur peut en augmenter le nombre.",
    },
    blocked: {
      merchant: `L’émetteur a bloqué cette carte ; ${NOT_ACCEPTED}`,
      cardholder: "Votre carte est bloquée ; adressez-vous à son émetteur.",
    },
    "not-from-issuer": {
      merchant: "La mise à jour n’est pas signée par l’émetteur de la carte ; rien n’a été modifié.",
      cardholder: "La mise à jour ne venait pas de l’émetteur de votre carte ; rien n’a été modifié.",
    },
    "nothing-yet": {
      merchant:
        "Le téléphone n’a pas encore de message ; attendez que le client ait accepté et que le paiement soit fait.",
      cardholder: "Acceptez le paiement sur votre téléphone et posez-le à nouveau.",
    },
    declined: {
      merchant: `Le client a refusé ou le paiement a échoué ; ${OTHER_PAYMENT}`,
      cardholder: "Vous avez refusé le paiement, ou il a échoué ; rien n’a été payé.",
    },
    "invoice-not-accepted": {
      merchant: `Le portefeuille du client ne peut pas payer cette facture ; ${OTHER_PAYMENT}`,
      cardholder: "Votre portefeuille ne peut pas payer cette facture.",
    },
    "pin-wrong": {
      merchant: "Le code PIN est faux ; demandez au client de réessayer.",
      cardholder: "Ce code PIN est faux ; réessayez.",
    },
    "more-data": {
      merchant: `La carte a autre chose à dire et n’a pas été interrogée ; ${UPDATE}`,
      cardholder: AGAIN,
    },
    "wrong-expected-length": {
      merchant: `La carte veut répondre avec une autre longueur ; ${UPDATE}`,
      cardholder: AGAIN,
    },
  },
  unknownStatus: {
    merchant: (sw: string) => `La carte a répondu ${sw}, que ce terminal ne connaît pas ; ${OTHER_PAYMENT}`,
    cardholder: (sw: string) => `Votre carte a répondu ${sw}, que ce terminal ne connaît pas.`,
  },
  pinTries: {
    merchant: (left: number) =>
      `Le code PIN est faux et ${tries(left)} ; ${left === 0 ? OTHER_PAYMENT : "demandez au client de réessayer."}`,
    cardholder: (left: number) => `Ce code PIN est faux ; ${tries(left)}.`,
  },
  reject: {
    "invoice-malformed": `L’émetteur n’a pas pu lire la facture ; ${UPDATE}`,
    "invoice-wrong-network": `L’émetteur de la carte est sur un autre réseau que ce terminal ; ${OTHER_CARD}`,
    "invoice-unknown-feature": `Le nœud de l’émetteur ne connaît pas une fonction que la facture exige ; ${OTHER_PAYMENT}`,
    "invoice-expired": "La facture a expiré avant de pouvoir être payée ; recommencez la vente.",
    "invoice-without-amount": "La facture n’a pas de montant ; recommencez la vente avec un montant.",
    "payee-not-allowed": `Cette carte ne peut pas payer dans ce commerce ; ${OTHER_PAYMENT}`,
    "payee-is-payer": `Le commerce et l’émetteur de la carte ont le même nœud, qui ne peut pas se payer lui-même ; ${OTHER_PAYMENT}`,
    "invoice-taken":
      "Cette vente est déjà payée, ou en train de l’être, avec une autre autorisation ; vérifiez d’abord la vente.",
    "invoice-expires-late":
      "La vente reste ouverte plus longtemps que l’émetteur de la carte ne l’accepte ; réglez une durée plus courte dans le terminal, vérifiez son horloge et recommencez la vente.",
    "token-not-accepted": `L’émetteur n’accepte pas cette carte ; ${OTHER_CARD_OR_PAYMENT}`,
    "token-other-invoice": `La carte a autorisé une autre vente ; ${NEW_SALE}`,
    "token-other-amount": `La carte a autorisé un autre montant ; ${NEW_SALE}`,
    "card-blocked": `L’émetteur a définitivement retiré cette carte ; ${NOT_ACCEPTED}`,
    "token-void": `Cette autorisation n’est plus valable ; ${NEW_SALE}`,
    "card-contradicts": `L’émetteur a bloqué cette carte ; ${NOT_ACCEPTED}`,
    "above-max-per-transaction": `Le montant dépasse ce que cette carte peut payer en une fois ; ${SMALLER_OR_OTHER}`,
    "above-period-limit": `Cette carte a atteint sa limite du jour ou du mois ; ${SMALLER_OR_OTHER}`,
    "pin-required":
      "L’émetteur exige le code PIN pour ce montant ; recommencez la vente, faites saisir le code PIN et présenter la carte à nouveau.",
    "outside-hours": `Cette carte ne peut pas payer à cette heure ; ${OTHER_PAYMENT}`,
    "not-funded":
      "Il n’y a pas assez d’argent sur la carte ; demandez un montant plus petit, un rechargement ou un autre moyen de paiement.",
    "below-min-per-transaction":
      "Le montant est trop petit pour cette carte ; demandez un montant plus grand ou un autre moyen de paiement.",
    "payment-failed":
      "Le nœud de l’émetteur n’a pas trouvé de route pour payer ; rien n’a été débité, recommencez la vente ou demandez un autre moyen de paiement.",
    "fee-too-high": `Les frais de routage dépassent ce que l’émetteur permet ; rien n’a été débité, ${OTHER_PAYMENT}`,
    busy: "L’émetteur a trop à faire en ce moment ; réessayez dans un instant.",
    internal:
      "Le service de l’émetteur a une panne ; rien n’a été débité, réessayez plus tard ou demandez un autre moyen de paiement.",
    "card-on-hold": `L’émetteur ne paie pas pour cette carte en ce moment ; ${OTHER_CARD_OR_PAYMENT}`,
    "no-reason": `L’émetteur a refusé le paiement sans donner de raison ; ${OTHER_PAYMENT}`,
  },
  unknownReject: (code: number) =>
    `L’émetteur a refusé le paiement avec le code ${code}, que ce terminal ne connaît pas ; ${OTHER_PAYMENT}`,
  sale: {
    tapOrScan: "Présentez une carte ou un téléphone, ou scannez le code. Ctrl-C annule.",
    tap: "Présentez une carte ou un téléphone. Ctrl-C annule.",
    torn: "La carte ou le téléphone a été retiré trop tôt ; présentez-le à nouveau.",
    phoneSilent: `${NOT_CONFIRMED} Le téléphone a reçu la facture et paie peut-être encore ; laissez-le sur le lecteur, ou posez-le à nouveau.`,
    phonePaid: "Le téléphone dit qu’il a payé ; attendez que l’argent arrive.",
    takeCard: "Retirez la carte, s’il vous plaît.",
    notOfThisProtocol: (problem: string) =>
      `La carte ou le téléphone a répondu quelque chose qui n’est pas de ce protocole (${problem}).`,
    unreachable: (problem: string) =>
      `Le nœud de la carte est injoignable (${problem}) ; nouvel essai en cours. Annulez pour prendre un autre moyen de paiement.`,
    lostAfterAsking: (problem: string) =>
      `${NOT_CONFIRMED} Le nœud de la carte a reçu la demande et n’est plus joignable (${problem}) ; nouvel essai en cours. ${CANCEL_ENDS}`,
    notConfirmed: `${NOT_CONFIRMED} ${CANCEL_ENDS}`,
    expired: "La vente a expiré ; rien n’a été payé.",
    cancelled: "La vente est annulée ; rien n’a été payé et rien ne peut plus l’être.",
    declined: (reason: string) => `Refusé. ${reason}`,
    declinedForNow: (reason: string) => `Refusé. ${reason} Cette vente ne peut plus être payée.`,
    notMeant: "Ce n’était pas voulu ; rien n’a été débité.",
    leftUnfinished: (number: number, amount: string) =>
      `La vente ${number} de ${amount} est restée inachevée ; elle est d’abord terminée.`,
    leftForLater: (number: number) =>
      `La vente ${number} n’est pas encore terminée. Continuez à vendre ; elle se termine à côté des ventes suivantes, et sa fin s’affichera ici.`,
    finishedPaid: (number: number) =>
      `La vente ${number} est payée. Si rien n’a été remis au client, remboursez-la : chequecard terminal refund ${number}`,
    finishedCancelled: (number: number, why: string) => `Vente ${number} : ${why}`,
    ofSale: (number: number, notice: string) => `Vente ${number} : ${notice}`,
    channelsMissing:
      "Tous les canaux du nœud ne sont pas encore connectés ; les paiements qui passent par eux échoueront.",
  },
  boltCard: {
    asked:
      "Pas encore confirmé : n’encaissez pas une seconde fois. Le serveur de la carte a reçu la demande et dit qu’il paie ; l’argent est attendu.",
    unclear: (problem: string) =>
      `Pas encore confirmé : n’encaissez pas une seconde fois. Le serveur de la carte a reçu la demande et n’a pas répondu clairement (${problem}). Il paiera peut-être ; une autre carte peut payer, ou annulez.`,
    said: (words: string) =>
      `Non payé, dit le serveur de la carte, selon ses mots : « ${words} ». Présentez la carte de nouveau ou prenez un autre moyen de paiement.`,
    saidNothing:
      "Non payé, dit le serveur de la carte, sans motif. Présentez la carte de nouveau ou prenez un autre moyen de paiement.",
    askedBefore:
      "Pas encore confirmé : n’encaissez pas une seconde fois. Le serveur d’une Bolt Card a déjà reçu la demande pour cette vente ; il ne la reçoit pas une seconde fois. Une autre carte peut payer, ou annulez.",
    pinForm: "Le code PIN d’une Bolt Card a 4 chiffres ; veuillez le saisir de nouveau.",
    refusal: {
      "not-a-bolt-card": (problem: string) =>
        `Cette carte ne peut pas payer ici (${problem}) ; demandez une autre carte ou un autre moyen de paiement.`,
      "not-allowed": (problem: string) =>
        `Le serveur de la carte ne peut pas être interrogé (${problem}) ; demandez une autre carte ou un autre moyen de paiement.`,
      unreachable: (problem: string) =>
        `Le serveur de la carte est injoignable (${problem}), et une Bolt Card ne paie que par lui ; demandez une autre carte ou un autre moyen de paiement.`,
      "no-offer": (problem: string) =>
        `Le serveur de la carte ne propose pas de payer (${problem}) ; demandez une autre carte ou un autre moyen de paiement.`,
      "server-refused": (words: string) =>
        `Le serveur de la carte ne paie pas, selon ses mots : « ${words} ». Demandez une autre carte ou un autre moyen de paiement.`,
      "below-minimum": (least: string) =>
        `Cette carte ne paie pas moins de ${least} ; demandez un autre moyen de paiement.`,
      "above-maximum": (most: string) =>
        `Cette carte ne paie pas plus de ${most} à la fois ; demandez une autre carte ou un autre moyen de paiement.`,
      "no-pin":
        "Ce montant exige le code PIN de la carte ; rien n’a été demandé. Présentez la carte de nouveau pour le saisir.",
      "same-request":
        "Le serveur de la carte a donné deux fois le même numéro, et un paiement n’est demandé qu’une fois ; demandez une autre carte ou un autre moyen de paiement.",
      offline:
        "Pas de connexion, et une Bolt Card ne peut pas être acceptée sans connexion ; demandez une chequecard ou un autre moyen de paiement.",
    },
  },
  offline: {
    online: "Connecté.",
    nothingHeld: "Rien de ce qui a été accepté sans connexion n’est ouvert.",
    offline:
      "Pas de connexion : les cartes des émetteurs dont ce terminal a le pack d’acceptation sont acceptées dans ses limites. Accepté ne veut pas dire payé.",
    held: (sales: number, amount: string) =>
      `Accepté et pas encore transmis : ${sold(sales)} pour ${amount}.`,
    tap: "Pas de connexion : présentez une carte. Ctrl-C annule.",
    accepted: (amount: string) =>
      `ACCEPTÉ, PAS ENCORE PAYÉ : ${amount}. Remettez la marchandise ; le paiement suivra dès qu’il y aura une connexion.`,
    notAccepted: {
      over: (number: number, amount: string, why: string) =>
        `La vente ${number} de ${amount} N’EST PAS ACCEPTÉE (${why}). Ne remettez rien : elle n’est pas payée et ne peut plus l’être.`,
      open: (number: number, amount: string, why: string) =>
        `La vente ${number} de ${amount} N’EST PAS ACCEPTÉE (${why}). Ne remettez rien. Sa facture n’a pas pu être annulée et sera peut-être encore payée : le prochain démarrage du terminal l’annule, ou dit qu’elle est payée et comment la rembourser.`,
      arriving: (number: number, amount: string, why: string) =>
        `La vente ${number} de ${amount} n’a pas pu être acceptée (${why}), et son paiement est en train d’arriver. Ne remettez rien avant que le prochain démarrage du terminal dise qu’elle est payée.`,
    },
    refused: (number: number, reason: string) =>
      `La vente ${number} a été acceptée sans connexion et ne sera pas payée : ${reason}`,
    forwarded: {
      paid: (sales: number, amount: string) =>
        `Une vente acceptée est payée. Encore ouvert : ${sold(sales)} pour ${amount}.`,
      refused: (sales: number, amount: string) =>
        `Une vente acceptée est refusée et ne sera pas payée ; voyez le rapport. Encore ouvert : ${sold(sales)} pour ${amount}.`,
    },
    wentOffline:
      "La connexion est perdue, et rien n’est encore payé à la connaissance de ce terminal : la vente continue sans elle.",
    refusal: {
      "no-pack": `Il n’y a pas de connexion, et ce terminal n’a pas de pack d’acceptation pour cette carte ; ${OTHER_PAYMENT}`,
      "no-certificate": `Il n’y a pas de connexion, et cette carte ne peut pas être acceptée sans elle ; ${OTHER_CARD_OR_PAYMENT}`,
      "unknown-key-set": `Il n’y a pas de connexion, et le pack d’acceptation de ce terminal ne connaît pas cette carte ; ${OTHER_CARD_OR_PAYMENT}`,
      "certificate-not-genuine": `Cette carte ne vient pas de l’émetteur ; ${NOT_ACCEPTED}`,
      "certificate-expired": `La carte ne peut plus être acceptée sans connexion ; ${OTHER_CARD_OR_PAYMENT}`,
      "above-certificate-limit": `Le montant dépasse ce que cette carte peut payer sans connexion ; ${SMALLER_OR_OTHER}`,
      "card-denied": `L’émetteur ne veut pas que cette carte soit acceptée ; ${OTHER_CARD}`,
      "card-contradicts":
        "Cette carte a signé des choses qui ne peuvent pas être vraies ensemble, c’est peut-être une copie ; ne l’acceptez pas, et transmettez les ventes dès qu’il y a une connexion.",
      "above-sale-limit": `Le montant dépasse ce que ce terminal accepte sans connexion ; ${SMALLER_OR_OTHER}`,
      "above-card-limit":
        "Cette carte a payé ici sans connexion autant qu’elle le peut ; demandez une autre carte, ou transmettez d’abord les ventes.",
      "above-terminal-limit":
        "Ce terminal a accepté sans connexion autant qu’il le peut ; transmettez d’abord les ventes.",
      "too-many-sales":
        "Ce terminal garde autant de ventes sans connexion qu’il le peut ; transmettez d’abord les ventes.",
      "pack-too-old":
        "Le pack d’acceptation est trop ancien pour accepter des cartes sans connexion ; demandez-en un nouveau à l’émetteur.",
      "clock-behind-pack":
        "L’horloge du terminal est en retard sur le jour où son pack d’acceptation a été fait ; réglez l’horloge.",
      "token-not-genuine": `Ce que la carte a signé n’est pas valable ; ${NOT_ACCEPTED}`,
      "other-card": `Le jeton et le certificat viennent de deux cartes ; ${NOT_ACCEPTED}`,
      "other-invoice": `La carte a autorisé une autre vente ; ${NEW_SALE}`,
      "other-amount": `La carte a autorisé un autre montant ; ${NEW_SALE}`,
    },
  },
  receipt: {
    notPrinted: (why: string) =>
      `Le ticket n’a pas été imprimé (${why}). Imprimez-le avec « chequecard terminal receipt <vente> ».`,
  },
  refund: {
    paid: (amount: string, number: number) => `${amount} de la vente ${number} ont été remboursés.`,
    paidToCard: (amount: string, number: number) =>
      `${amount} de la vente ${number} ont été remboursés sur la carte qui a payé. La carte l’indiquera dès qu’elle sera présentée à nouveau.`,
    aboveSale: (refunded: string, amount: string, left: string) =>
      `Sur ${amount}, ${refunded} ont déjà été remboursés et il reste ${left} ; essayez un montant plus petit (--amount).`,
    allRefunded: (amount: string) =>
      `La vente de ${amount} a déjà été entièrement remboursée ; rien n’a été payé.`,
    refused: (number: number, why: string) =>
      `Le remboursement de la vente ${number} n’a pas été accepté. ${why}`,
    inFlight: (number: number) =>
      `Le remboursement de la vente ${number} est en cours et pas confirmé. Relancez la même commande pour le terminer.`,
    finishedPaid: (number: number) => `Le remboursement de la vente ${number} est payé.`,
    finishedOpen: (number: number) => `Le remboursement de la vente ${number} n’est pas encore confirmé.`,
  },
  refundRefusal: {
    "unknown-sale": `L’émetteur ne connaît aucun paiement de cette vente par une de ses cartes ; ${INVOICE_REFUND}`,
    "card-retired": `La carte qui a payé est définitivement retirée, rien n’a donc été payé ; ${INVOICE_REFUND}`,
    "card-cashed-out": `La carte qui a payé a été vidée au guichet, rien n’a donc été payé ; ${INVOICE_REFUND}`,
    "above-sale": "C’est plus que ce qui reste à rembourser de la vente ; essayez un montant plus petit.",
    "refund-over": "La facture de l’émetteur pour ce remboursement a expiré ; recommencez le remboursement.",
    "refund-differs": "Ce remboursement a été commencé avec un autre montant ; recommencez le remboursement.",
    "too-many-refunds": `L’émetteur n’accepte plus de remboursement de cette vente ; ${INVOICE_REFUND}`,
    busy: "L’émetteur a trop à faire en ce moment ; réessayez dans un instant.",
    "sale-in-flight":
      "L’émetteur n’a pas encore comptabilisé le paiement de cette vente ; réessayez dans un instant.",
    "refunds-open":
      "Un autre remboursement de cette vente est commencé et pas payé ; réessayez dans dix minutes, quand sa facture aura expiré.",
  },
  unknownRefundRefusal: (code: number) =>
    `L’émetteur a refusé le remboursement avec le code ${code}, que ce terminal ne connaît pas ; ${INVOICE_REFUND}`,
  proof: {
    holdPhone: "Tenez le téléphone contre le lecteur, ou scannez le code. Ctrl-C termine.",
    phoneTorn: "Le téléphone a été retiré trop tôt ; tenez-le à nouveau contre le lecteur.",
    notShown: "Aucun téléphone n’a montré de preuve ; la vente reste ouverte jusqu’à son expiration.",
    accepted: "Payé. Remettez la marchandise.",
    "already-used": "Pas accepté : cette preuve a déjà été montrée, et la marchandise a été remise.",
    cancelled: "Pas accepté : cette vente a été annulée.",
    expired: "Pas accepté : cette vente est terminée ; sa facture a expiré il y a trop longtemps.",
    unknown: "Pas accepté : ce n’est pas la preuve d’une vente de ce terminal.",
  },
} satisfies Texts<typeof english>;
