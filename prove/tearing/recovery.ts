import { openBody } from "../../reference/sealed.js";
import type { SimulatedCard } from "../../simulator/index.js";
import { TornError } from "../../simulator/index.js";
import { type Answer, authorize, exchange, SELECT_APP, SELECT_DOMAIN, verify } from "../card/apdus.js";
import { Cells } from "../card/cells.js";
import { openChannel } from "../card/channel.js";
import {
  FACTORY_KEYS,
  FACTORY_VERSION,
  NEXT_KEYS,
  NEXT_VERSION,
  NODE_URI,
  PIN_BLOCK,
} from "../card/material.js";
import { personalizeBlank, USUAL_VALUES } from "../card/personalize.js";

/** Runs a command that is to be torn. @returns its answer when it was not */
export function tornAnswer(card: SimulatedCard, command: Uint8Array): Answer | undefined {
  try {
    return exchange(card, command);
  } catch (error) {
    if (error instanceof TornError) return undefined;
    throw error;
  }
}

export interface Sale {
  readonly amount: bigint;
  readonly invoiceHash: Uint8Array;
}

/** One tap as a terminal makes it: SELECT, AUTHORIZE, and the PIN where the card demands it. */
export function tapAgain(card: SimulatedCard, { amount, invoiceHash }: Sale): Answer {
  exchange(card, SELECT_APP);
  const answer = exchange(card, authorize(amount, invoiceHash));
  if (answer.sw !== "6982") return answer;
  exchange(card, verify(PIN_BLOCK));
  return exchange(card, authorize(amount, invoiceHash));
}

/**
 * Completes a sale that was torn, and once more: what is wrong with it, undefined when it was charged exactly once.
 * @param before memory before the torn command; @param after memory after it, untorn
 */
export function saleProblem(
  card: SimulatedCard,
  sale: Sale,
  before: Cells,
  after: Cells,
): string | undefined {
  for (const time of ["again", "once more"]) {
    card.powerOn();
    const { sw, data } = tapAgain(card, sale);
    if (sw !== "9000") return `tapped ${time}: ${sw}`;
    const now = new Cells(card.image());
    for (const name of ["counter", "authorized"])
      if (now.hex(name) !== after.hex(name))
        return `tapped ${time}: ${name} ${now.hex(name)}, before ${before.hex(name)}, need ${after.hex(name)}`;
    const body = openBody(data, now.bytes("seal-key"));
    if (
      body.readBigUInt64BE(16) !== sale.amount ||
      Buffer.compare(body.subarray(32, 64), sale.invoiceHash) !== 0
    )
      return `tapped ${time}: a token for another sale`;
  }
  return undefined;
}

/** A blank card is personalized from the start. @returns what is wrong, undefined when it is as new */
export function startOverProblem(card: SimulatedCard): string | undefined {
  card.powerOn();
  const problem = personalizeBlank(card);
  if (problem) return `started over: ${problem}`;
  const cells = new Cells(card.image());
  const uri = Buffer.from(cells.bytes("node-uri").subarray(1, 1 + NODE_URI.length)).toString("latin1");
  const isNew =
    cells.lifecycle === 0x0f &&
    cells.number("credit") === USUAL_VALUES.credit &&
    uri === NODE_URI &&
    cells.tries === 3 &&
    ["counter", "authorized", "no-pin-spent", "sequence", "ring"].every((name) => cells.number(name) === 0n);
  return isNew ? undefined : "started over: not like a new card";
}

/** Exactly the keys that the memory names open a channel to the domain. */
export function keysProblem(card: SimulatedCard): string | undefined {
  const versions = new Set<number>();
  const slots = new Cells(card.image()).bytes("keys");
  for (let at = 0; at < slots.length; at += 52) versions.add(slots[at] ?? 0);
  for (const [version, keys] of [
    [FACTORY_VERSION, FACTORY_KEYS],
    [NEXT_VERSION, NEXT_KEYS],
  ] as const) {
    card.powerOn();
    exchange(card, SELECT_DOMAIN);
    const opens = openChannel(card, keys, version) !== undefined;
    if (opens !== versions.has(version))
      return `keys of version ${version} ${opens ? "open" : "do not open"}`;
  }
  return versions.has(FACTORY_VERSION) || versions.has(NEXT_VERSION) ? undefined : "no keys are left";
}
