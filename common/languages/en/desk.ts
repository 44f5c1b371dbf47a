export const texts = {
  title: "Desk",
  buttons: {
    block: "Block card",
  },
} as const;

/** Most characters on a button, in every language; values that stand in it count nothing. */
export const max = {
  block: 18,
} satisfies Record<keyof typeof texts.buttons, number>;
