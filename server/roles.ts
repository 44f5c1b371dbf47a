/** What a key may do. */
export type Role = (typeof ROLES)[number];

export const ROLES = ["read", "till", "shift-lead", "desk"] as const;

/** What each role is for, for help and for the document. */
export const ROLE_HELP: Readonly<Record<Role, string>> = {
  read: "reads and moves nothing",
  till: "sells: charges, PINs, cancellations",
  "shift-lead": "sells, refunds and closes the day",
  desk: "the issuer's desk: top-ups, blocks, limits, payments out",
};

const INCLUDES: Readonly<Record<Role, readonly Role[]>> = {
  read: ["read"],
  till: ["read", "till"],
  "shift-lead": ["read", "till", "shift-lead"],
  desk: ["read", "desk"],
};

/** Whether a key of a role may do what needs another. */
export const mayDo = (role: Role, needed: Role): boolean => INCLUDES[role].includes(needed);
