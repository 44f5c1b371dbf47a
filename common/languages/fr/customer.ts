import type { texts as english } from "../en/customer.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Écran du client",
  buttons: {},
  welcome: "Bienvenue",
  state: {
    waiting: {
      title: "Veuillez payer",
      next: "Présentez votre carte ou votre téléphone au lecteur, ou scannez le code.",
    },
    card: { title: "Un instant", next: "Laissez votre carte sur le lecteur." },
    torn: { title: "Encore une fois", next: "Présentez de nouveau votre carte au lecteur." },
    notTaken: { title: "Cela n’a pas marché", next: "Essayez une autre carte ou scannez le code." },
    pin: { title: "Votre code PIN", next: "Saisissez-le à la caisse." },
    paying: { title: "Paiement en cours", next: "Un instant, s’il vous plaît." },
    cancelling: { title: "Un instant", next: "La vente est en cours d’annulation." },
    paid: { title: "Merci !", next: "Payé." },
    accepted: { title: "Merci !", next: "Accepté. Le paiement suivra dès que la connexion reviendra." },
    cancelled: { title: "Annulé", next: "Rien n’a été payé." },
    expired: { title: "Délai dépassé", next: "Rien n’a été payé." },
    declined: { title: "Refusé", next: "Rien n’a été payé. Veuillez payer autrement." },
    refused: { title: "Non payé", next: "Adressez-vous à la caisse." },
    unknown: { title: "Un instant", next: "Il n’y a pas de connexion avec la caisse." },
  },
  code: (sum) => `Code QR de la facture de ${sum}`,
} satisfies Texts<typeof english>;
