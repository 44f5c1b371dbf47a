import type { Command } from "commander";
import { cardPageOptions, httpOptions } from "../http-options.js";
import { boltCardsOptions } from "./bolt-cards-server.js";
import { CARD_PAGE_PORT } from "./card-page-server.js";
import { DESK_PORT, deskOptions } from "./desk-api.js";
import { passphraseOption } from "./folder.js";

/** Adds the options of commands that run the issuer's service. */
export const serviceOptions = (command: Command): Command =>
  boltCardsOptions(
    cardPageOptions(deskOptions(httpOptions(passphraseOption(command), DESK_PORT)), CARD_PAGE_PORT),
  );
