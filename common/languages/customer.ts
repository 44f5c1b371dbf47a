import type { texts } from "./en/customer.js";
import { sectionLoader, type Texts } from "./texts.js";

/** Texts of the customer's screen. */
export type CustomerTexts = Texts<typeof texts>;

export const loadCustomerTexts = sectionLoader<typeof texts>({
  en: () => import("./en/customer.js"),
  de: () => import("./de/customer.js"),
  fr: () => import("./fr/customer.js"),
  es: () => import("./es/customer.js"),
});
