export const texts = {
  title: "chequecard",
  buttons: {
    ok: "OK",
    back: "Back",
    close: "Close",
  },
} as const;

/** Most characters on a button, in every language; values that stand in it count nothing. */
export const max = {
  ok: 12,
  back: 12,
  close: 12,
} satisfies Record<keyof typeof texts.buttons, number>;
