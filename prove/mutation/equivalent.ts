/**
 * Mutants that do what the reference does, by their names, and the class of inputs that cannot tell them apart. At most
 * 5 % of all mutants stand here; one that a vector kills after all, or that is not there any more, fails the campaign.
 */
export const EQUIVALENT: Readonly<Record<string, string>> = {};
