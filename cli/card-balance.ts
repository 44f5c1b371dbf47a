import { randomBytes } from "node:crypto";
import { ChequecardError, hexToBytes, type Msat } from "../common/index.js";
import { shownMsat } from "../common/languages/shown.js";
import { CARD } from "../common/languages/spoken.js";
import type { CardSession } from "../host/card-session.js";
import { statusChallenge } from "../lightning/api/index.js";
import { parseNodeUri } from "../lightning/node-uri.js";
import { askNode } from "./node/ask-node.js";

/** What a card's issuer says of the card on the reader. */
export interface IssuerWord {
  /** In msat; undefined where the issuer does not tell it, or did not answer. */
  readonly left: Msat | undefined;
  readonly hasAnswered: boolean;
  /** Whether the card took an update that waited for it. */
  readonly isUpdated: boolean;
  /** For who holds the card. */
  readonly sentence: string;
}

/**
 * Has the card sign its status for its issuer's node and asks that node, through one of one's own, what is left. An
 * update that waits for the card is given to it.
 * @param folder of an embedded node: the process that runs it is asked, else it is started for the moment
 * @throws ParseError, UntrustedUriError, NodeError; CardStatusError, TransportError
 */
export async function askIssuer(card: CardSession, folder: string, signal: AbortSignal): Promise<IssuerWord> {
  const { nodeId } = parseNodeUri(card.selected.nodeUri ?? "", "card/node");
  const time = Math.floor(Date.now() / 1000);
  const nonce = Uint8Array.from(randomBytes(24));
  const status = await card.identify(statusChallenge(nodeId, BigInt(time), nonce));
  const uri = card.selected.nodeUri ?? "";
  const request = {
    uri,
    status: Buffer.from(status).toString("hex"),
    time,
    nonce: Buffer.from(nonce).toString("hex"),
  };
  const { hasAnswered, cardUpdate, left } = (await askNode(folder, "card-status", request, signal)).answer;
  const isUpdated = cardUpdate !== undefined && (await takes(card, hexToBytes(cardUpdate)));
  return { left, hasAnswered, isUpdated, sentence: sentenceOf(hasAnswered, left) };
}

function sentenceOf(hasAnswered: boolean, left: Msat | undefined): string {
  if (!hasAnswered) return CARD.issuer.noAnswer;
  if (left === undefined) return CARD.issuer.notTold;
  return CARD.issuer.left(shownMsat(left));
}

/** A card that was taken away, or does not want it, gets the update with its next tap. */
async function takes(card: CardSession, update: Uint8Array): Promise<boolean> {
  try {
    await card.update(update);
    return true;
  } catch (error) {
    if (!(error instanceof ChequecardError)) throw error;
    return false;
  }
}
