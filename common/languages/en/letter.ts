/** The letter that comes with a card. */
export const texts = {
  title: "PIN letters",
  card: (number: string) => `Card ${number}`,
  pin: "Your PIN is",
  pinUse:
    "Type it only where you pay. Anyone with the card and the PIN can spend what is on the card. After three wrong PINs in a row the card asks for its issuer.",
  code: "The code of your card's page is",
  codeUse: (address: string) =>
    `Read the QR code on the card with a phone and type this code there, to see what is on the card, or to block it if it is lost. The page is at ${address} and nowhere else; nobody asks you for this code.`,
} as const;
