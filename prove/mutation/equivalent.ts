/**
 * Mutants that do what the reference does, by their names, and the class of inputs that cannot tell them apart. At most
 * 5 % of all mutants stand here; one that a vector kills after all, or that is not there any more, fails the campaign.
 */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "bytes.js: if (bytes.length !== length): bytes.length !== length -> false":
    "Numbers that do not fit their field: every reader and the types of a writer bound a number before it gets here.",
  "card/state.js: pinThreshold: 0n,: 0n -> 1n":
    "Blank cards: one shows no limit and pays nothing, and group 0104 sets it before the card is finished.",
  "card/state.js: maxTransactions: 0,: 0 -> 1":
    "Blank cards: one pays nothing, and group 0104 sets it before the card is finished.",
};
