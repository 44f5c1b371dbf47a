import { APPLET_KEEPS_CERTIFICATES, AppletCard } from "../../simulator/applet/card.js";

/** Whether a card stores a certificate (specs/01 §6.2): the simulated card does, the applet where it says so. */
export const keepsCertificates = (card: object): boolean =>
  !(card instanceof AppletCard) || APPLET_KEEPS_CERTIFICATES;
