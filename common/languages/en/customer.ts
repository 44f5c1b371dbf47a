export const texts = {
  title: "Customer’s screen",
  buttons: {},
  welcome: "Welcome",
  state: {
    waiting: { title: "Please pay", next: "Hold your card or phone to the reader, or scan the code." },
    card: { title: "One moment", next: "Please leave your card on the reader." },
    torn: { title: "Again, please", next: "Hold your card to the reader again." },
    notTaken: { title: "That did not work", next: "Please try another card, or scan the code." },
    pin: { title: "Your PIN, please", next: "Type it at the till." },
    paying: { title: "Paying", next: "One moment, please." },
    cancelling: { title: "One moment", next: "The sale is being cancelled." },
    paid: { title: "Thank you!", next: "Paid." },
    accepted: { title: "Thank you!", next: "Accepted. The payment follows when there is a connection." },
    cancelled: { title: "Cancelled", next: "Nothing was paid." },
    expired: { title: "Out of time", next: "Nothing was paid." },
    declined: { title: "Declined", next: "Nothing was paid. Please pay in another way." },
    refused: { title: "Not paid", next: "Please ask at the till." },
    unknown: { title: "One moment", next: "There is no connection to the till." },
  },
  code: (sum: string) => `QR code of the invoice over ${sum}`,
} as const;

/** Most characters on a button, in every language; values that stand in it count nothing. */
export const max = {} satisfies Record<keyof typeof texts.buttons, number>;
