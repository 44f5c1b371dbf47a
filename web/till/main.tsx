import { loadTillTexts } from "../../common/languages/till.js";
import { startKeyedPage } from "../shell/start.js";
import { TillPage } from "./till-page.js";

startKeyedPage({
  pairCommand: "chequecard terminal key pair --node shop",
  loadTexts: loadTillTexts,
  page: (session) => <TillPage {...session} />,
});
