import { loadCustomerTexts } from "../../common/languages/customer.js";
import { startKeyedPage } from "../shell/start.js";
import { ThemeChoice } from "../shell/theme.js";

startKeyedPage({
  pairCommand: "chequecard terminal key pair",
  loadTexts: loadCustomerTexts,
  page: ({ shell, texts }) => (
    <main>
      <h1>{texts.title}</h1>
      <ThemeChoice texts={shell} />
    </main>
  ),
});
