import { CARD_AID, CLA, INS } from "../../apdu/constants.js";
import type { AppletContext } from "../runtime/applet.js";
import type { IssuerSecurityDomain } from "../security-domain/domain.js";
import { ALWAYS, type CommandEntry } from "./command-table.js";
import { generateKeyPair } from "./generate-key-pair.js";
import { reset } from "./reset.js";
import { secured } from "./secured-command.js";
import { STAGING_LENGTH, storeData } from "./store-data.js";

/** The commands of specs/01 §6.8 on a card with a security domain, which lends its keys to the application. */
export function channelCommands(
  domain: IssuerSecurityDomain,
): (context: AppletContext) => readonly CommandEntry[] {
  return (context) => {
    const channel = domain.channel(context, CARD_AID);
    const staging = context.transient(STAGING_LENGTH, "deselect");
    return [
      {
        cla: CLA.PROPRIETARY,
        ins: INS.INITIALIZE_UPDATE,
        refusedWhen: ALWAYS,
        run(_state, command) {
          staging.fill(0);
          return channel.initializeUpdate(command);
        },
      },
      {
        cla: CLA.SECURE,
        ins: INS.EXTERNAL_AUTHENTICATE,
        refusedWhen: ALWAYS,
        run: (_state, command) => channel.externalAuthenticate(command),
      },
      secured(channel, generateKeyPair),
      secured(channel, storeData(staging)),
      secured(channel, reset),
    ];
  };
}
