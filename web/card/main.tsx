import { loadCardPageTexts } from "../../common/languages/card-page.js";
import { startOpenPage } from "../shell/start.js";
import { CardPage } from "./card-page.js";
import { formatsOf } from "./formats.js";
import "./card.css";

startOpenPage(loadCardPageTexts, ({ language, texts }) => (
  <CardPage texts={texts} formats={formatsOf(language)} />
));
