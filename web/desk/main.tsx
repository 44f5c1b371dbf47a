import { loadDeskTexts } from "../../common/languages/desk.js";
import { startKeyedPage } from "../shell/start.js";
import { DeskPage } from "./desk-page.js";
import "./desk.css";

startKeyedPage({
  pairCommand: "chequecard issuer key pair --issuer festival",
  loadTexts: loadDeskTexts,
  page: (session) => <DeskPage session={session} />,
});
