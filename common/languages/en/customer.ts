export const texts = {
  title: "Customer’s screen",
  buttons: {},
} as const;

/** Most characters on a button, in every language; values that stand in it count nothing. */
export const max = {} satisfies Record<keyof typeof texts.buttons, number>;
