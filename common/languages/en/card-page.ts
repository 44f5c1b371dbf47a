export const texts = {
  title: "Your card",
  buttons: {
    block: "Block this card",
  },
} as const;

/** Most characters on a button, in every language; values that stand in it count nothing. */
export const max = {
  block: 20,
} satisfies Record<keyof typeof texts.buttons, number>;
