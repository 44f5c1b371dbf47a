import type { texts as english } from "../en/letter.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Lettres PIN",
  card: (number: string) => `Carte ${number}`,
  pin: "Votre code PIN est",
  pinUse:
    "Ne le saisissez que là où vous payez. Quiconque a la carte et le code PIN peut dépenser ce qui est sur la carte. Après trois codes PIN faux de suite, le code PIN est bloqué ; adressez-vous alors à l’émetteur.",
  code: "Le code de la page de votre carte est",
  codeUse: (address: string) =>
    `Lisez le code QR de la carte avec un téléphone et saisissez-y ce code, pour voir ce qui est sur la carte, ou pour la bloquer si elle est perdue. La page est à l’adresse ${address} et nulle part ailleurs ; personne ne vous demandera ce code.`,
} satisfies Texts<typeof english>;
