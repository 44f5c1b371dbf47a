import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTag } from "../../host/bolt-card/read-tag.js";
import { connectCard, openCardFile } from "../../simulator/index.js";
import { askOffer, handIn, Refusal, type WithdrawRequest } from "../cards/lnurl-client.js";
import { cardLabel, type Grounds } from "./grounds.js";

/** Credit of a chip at the beginning, and what is moved to a card's second face. */
export const CHIP_SAT = 20_000;
const FACE_SAT = 5_000;

/** On the simulated chain the issuer's listener has no TLS. */
const plainly = (url: URL): URL => {
  url.protocol = "http:";
  return url;
};

/** The label of a chip. @param index from 0 */
export const chipLabel = (index: number): string => `B-${String(index + 1).padStart(4, "0")}`;

/**
 * Makes Bolt Cards as their issuer does: codes by a command, chips programmed by what an app gets for its code, money
 * paid in, and a first tap that puts each into use.
 */
export async function addChips(grounds: Grounds, count: number): Promise<void> {
  const codes = grounds.at("codes");
  await grounds.ask("cards", "bolt", "add", "--count", String(count), "--prefix", "B-", "--out", codes);
  const links = [...readFileSync(join(codes, "labels.csv"), "utf8").matchAll(/program\?url=([\w%.-]+)/g)];
  if (links.length !== count) throw new Error(`${links.length} codes for ${count} chips`);
  for (const [index, [, link = ""]] of links.entries()) {
    const uid = `04${randomBytes(6).toString("hex")}`;
    const response = await fetch(decodeURIComponent(link), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ UID: uid }),
    });
    const keys = grounds.at("programming.json");
    writeFileSync(keys, await response.text());
    await grounds.run(["simulate", "ntag", grounds.chip(index), "--keys", keys, "--uid", uid]);
    const label = chipLabel(index);
    await grounds.ask("cards", "top-up", label, "--amount", `${CHIP_SAT}sat`, "--yes");
    await offerOf(grounds.chip(index));
  }
}

/** Puts money on the second face of each card. */
export async function fillFaces(grounds: Grounds, cards: number): Promise<void> {
  await grounds.run(["simulate", "blank", grounds.blank, "--test-key"]);
  for (let index = 0; index < cards; index++)
    await grounds.ask("cards", "move", cardLabel(index), `${FACE_SAT}sat`, "--yes");
}

/** What a card's address offers: the card is read once, as a till of Bolt Cards reads it. @throws Refusal */
async function offerOf(file: string): Promise<WithdrawRequest> {
  const opened = openCardFile(file);
  try {
    const connection = connectCard(opened.card);
    const address = await readTag(connection);
    await connection.close();
    return await askOffer(address ?? "", plainly);
  } finally {
    opened.close();
  }
}

/**
 * A till that knows Bolt Cards alone reads a card's second face and hands in an invoice.
 * @returns whether the issuer said that it pays; false also where it does not answer
 */
export async function payByFace(file: string, invoice: string): Promise<boolean> {
  try {
    await handIn(await offerOf(file), invoice, plainly);
    return true;
  } catch (error) {
    // fetch says TypeError where nobody listens, as while the service is killed.
    if (error instanceof Refusal || error instanceof TypeError) return false;
    throw error;
  }
}
