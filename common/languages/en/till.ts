export const texts = {
  title: "Till",
  buttons: {
    charge: "Charge",
    cancel: "Cancel",
  },
} as const;

/** Most characters on a button, in every language; values that stand in it count nothing. */
export const max = {
  charge: 18,
  cancel: 14,
} satisfies Record<keyof typeof texts.buttons, number>;
