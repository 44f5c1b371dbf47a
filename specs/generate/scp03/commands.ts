import { type DataGroup, writeGroups } from "../../../reference/personalize.js";
import { named } from "../card/material.js";
import { KEY_VERSION } from "./cards.js";
import { firstBlock, lastBlock } from "./groups.js";
import { apdu } from "./sessions.js";
import { Talk } from "./talk.js";

/** Commands of which most conversations are made. */
export const CHALLENGE = named("key challenge", 16);
export const generate = apdu("84468000", CHALLENGE, true);
export const store = (p1p2: string, groups: readonly DataGroup[]): Buffer =>
  apdu(`84e2${p1p2}`, writeGroups(groups));
export const first = store("0800", firstBlock);
export const last = store("8801", lastBlock);
export const reset = apdu("84e40000");
const hostChallenge = named("host challenge", 16);
export const initialize = (header: string, length: number): Buffer =>
  apdu(header, hostChallenge.subarray(0, length), true);

/** @param i parameter `i` of the card: which sizes it has and what it protects */
export const conversation = (
  comment: string,
  i: number,
  talk: (talk: Talk) => Talk,
  version: number = KEY_VERSION,
) => ({
  comment,
  card: { i: i.toString(16), version },
  steps: talk(new Talk(i, version)).steps,
});

/** Parameter `i` of a card in S8. */
export const S8 = 0x70;
