import type { texts as english } from "../en/shell.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "chequecard",
  buttons: {
    ok: "OK",
    back: "Retour",
    close: "Fermer",
    pair: "Associer",
    again: "Réessayer",
  },
  theme: "Affichage",
  themes: { auto: "Comme l’appareil", light: "Clair", dark: "Salle sombre", sunlight: "Plein soleil" },
  pairing: {
    title: "Associer cet appareil",
    how: "Exécutez cette commande sur l’ordinateur qui fournit cette page. Scannez ensuite son code QR ou ouvrez l’adresse qu’elle affiche :",
    field: "Code ou adresse",
    busy: "Association…",
    failed: "Cet appareil n’a pas été associé.",
    badCode: {
      said: "Ce code n’est pas valable, a servi ou a expiré.",
      next: "Affichez-en un nouveau avec la commande ci-dessous.",
    },
    ended: "La clé de cet appareil n’est plus valable. Associez-le de nouveau.",
    otherRights:
      "Un lien ou un code veut donner à cet appareil une autre clé, avec d’autres droits. Sa clé actuelle ne vaudra plus. Ne continuez que si vous avez créé ce code vous-même.",
  },
  unreachable: "Le serveur ne répond pas.",
  unreachableHint: "Vérifiez qu’il fonctionne et que cet appareil est sur son réseau, puis réessayez.",
  connected: "Connecté",
  disconnected: "Pas de connexion au serveur. Nouvel essai…",
} satisfies Texts<typeof english>;
