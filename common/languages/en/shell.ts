export const texts = {
  title: "chequecard",
  buttons: {
    ok: "OK",
    back: "Back",
    close: "Close",
    pair: "Pair",
    again: "Try again",
  },
  theme: "Theme",
  themes: { auto: "As the device", light: "Light", dark: "Dark room", sunlight: "Sunlight" },
  pairing: {
    title: "Pair this device",
    how: "Run this command on the computer that serves this page. Then scan its QR code, or open the address that it prints:",
    field: "Code or address",
    busy: "Pairing …",
    failed: "This device was not paired.",
    badCode: {
      said: "This code is not valid, was used or is out of time.",
      next: "Run the command below for a new one.",
    },
    ended: "The key of this device has ended. Pair it again.",
    otherRights:
      "A link or code wants to give this device another key, with other rights. The key that it has ends then. Go on only if you made that code yourself.",
  },
  unreachable: "The server does not answer.",
  unreachableHint: "Check that it runs and that this device is in its network, then try again.",
  connected: "Connected",
  disconnected: "No connection to the server. Trying again …",
} as const;

/** Most characters on a button, in every language; values that stand in it count nothing. */
export const max = {
  ok: 12,
  back: 12,
  close: 12,
  pair: 12,
  again: 12,
} satisfies Record<keyof typeof texts.buttons, number>;
