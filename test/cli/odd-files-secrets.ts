/** What the commands would ask for. */
export const SECRETS = {
  CHEQUECARD_PASSPHRASE: "keys",
  CHEQUECARD_LETTERS_PASSPHRASE: "letters",
  CHEQUECARD_PIN: "1234",
  CHEQUECARD_NEW_PASSPHRASE: "next",
};
