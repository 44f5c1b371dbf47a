import { loadDeskTexts } from "../../common/languages/desk.js";
import { startKeyedPage } from "../shell/start.js";
import { ThemeChoice } from "../shell/theme.js";

void startKeyedPage({
  pairCommand: "chequecard issuer key pair",
  loadTexts: loadDeskTexts,
  page: ({ shell, texts }) => (
    <main>
      <h1>{texts.title}</h1>
      <ThemeChoice texts={shell} />
    </main>
  ),
});
