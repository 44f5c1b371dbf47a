import type { texts as english } from "../en/customer.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Écran du client",
  buttons: {},
} satisfies Texts<typeof english>;
