import type { texts as english } from "../en/customer.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Pantalla del cliente",
  buttons: {},
} satisfies Texts<typeof english>;
