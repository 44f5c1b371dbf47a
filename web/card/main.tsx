import { loadCardPageTexts } from "../../common/languages/card-page.js";
import { startOpenPage } from "../shell/start.js";
import { ThemeChoice } from "../shell/theme.js";

void startOpenPage(loadCardPageTexts, ({ shell, texts }) => (
  <main>
    <h1>{texts.title}</h1>
    <ThemeChoice texts={shell} />
  </main>
));
