import type { texts as english } from "../en/shell.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "chequecard",
  buttons: {
    ok: "OK",
    back: "Zurück",
    close: "Schließen",
    pair: "Koppeln",
    again: "Nochmals",
  },
  theme: "Darstellung",
  themes: { auto: "Wie das Gerät", light: "Hell", dark: "Dunkler Raum", sunlight: "Sonnenlicht" },
  pairing: {
    title: "Dieses Gerät koppeln",
    how: "Führen Sie diesen Befehl auf dem Computer aus, von dem diese Seite kommt. Scannen Sie dann seinen QR-Code oder öffnen Sie die Adresse, die er ausgibt:",
    field: "Code oder Adresse",
    busy: "Wird gekoppelt …",
    failed: "Dieses Gerät wurde nicht gekoppelt.",
    badCode: {
      said: "Dieser Code gilt nicht, ist benutzt oder abgelaufen.",
      next: "Mit dem Befehl unten einen neuen anzeigen.",
    },
    ended: "Der Schlüssel dieses Geräts ist abgelaufen. Koppeln Sie es erneut.",
    otherRights:
      "Ein Link oder Code will diesem Gerät einen anderen Schlüssel mit anderen Rechten geben. Sein jetziger Schlüssel gilt dann nicht mehr. Fahren Sie nur fort, wenn Sie den Code selbst erzeugt haben.",
  },
  unreachable: "Der Server antwortet nicht.",
  unreachableHint:
    "Prüfen Sie, ob er läuft und ob dieses Gerät in seinem Netz ist, und versuchen Sie es dann erneut.",
  connected: "Verbunden",
  disconnected: "Keine Verbindung zum Server. Neuer Versuch …",
} satisfies Texts<typeof english>;
