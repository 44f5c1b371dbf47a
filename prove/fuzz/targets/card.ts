import { ChequecardError } from "../../../common/index.js";
import { exchange } from "../../card/apdus.js";
import { Cells } from "../../card/cells.js";
import { moneyProblem } from "../../card/money.js";
import { type CardMaker, factoryCard } from "../../model/session.js";
import { enter, type TornState, tornStates } from "../../tearing/states.js";
import { chunksOf, type FuzzTarget, joinChunks } from "../target.js";
import { bytesIn, vectorFile } from "../vectors.js";

/** What a card may answer (specs/01 §7, specs/04). */
const STATUS_WORDS = /^(9000|61..|6c..|63c[0-3]|6300|6700|698[2-5]|6a8[0-8]|6d00|6e00|9c0[1-46])$/;
const MAX_COMMANDS = 12;

/** The card broke a rule that holds whatever is sent to it. */
class CardRuleError extends Error {}

const NAMES = [
  "personalized",
  "blank",
  "blocked",
  "PIN right",
  "PIN blocked",
  "without a PIN",
  "with a certificate",
  "with a certificate, blocked",
  "personalized, secure channel open",
  "blank, key pair made in this session",
  "blank, first block stored in this session",
];

/** First byte: the card's state. Then command APDUs, each behind its length. */
export function apdusTo(name: string, make: CardMaker): FuzzTarget {
  let states: readonly TornState[] | undefined;
  return {
    name,
    weight: 24,
    corpus() {
      const vectors = ["card-commands", "card-sessions", "scp03-sessions", "personalization"].map(vectorFile);
      const commands = vectors
        .flatMap((file) => bytesIn(file, ["hex", "command", "apdu", "c", "send"]))
        .filter(({ length }) => length >= 4 && length <= 262);
      const single = commands.map((bytes, i) => [i % NAMES.length, joinChunks([bytes])] as const);
      const triples = commands.map(
        (_, i) => [i % NAMES.length, joinChunks(commands.slice(i, i + 3))] as const,
      );
      return [...single, ...triples].map(([state, chunks]) => Uint8Array.of(state, ...chunks));
    },
    run(input) {
      try {
        states ??= tornStates(NAMES, make);
        const state = states[(input[0] ?? 0) % states.length];
        if (!state) throw new CardRuleError("no such state");
        return talk(state, input.subarray(1));
      } catch (cause) {
        // A card answers whatever it is sent: no error of it is a refusal, however well it is typed.
        if (cause instanceof ChequecardError)
          throw new CardRuleError(`gave no answer: ${cause.message}`, { cause });
        throw cause;
      }
    },
  };
}

/** Sends the commands, and says what was answered first. */
function talk(state: TornState, commands: Uint8Array): string {
  const { card } = enter(state);
  const words: string[] = [];
  for (const bytes of chunksOf(commands)) {
    if (words.length === MAX_COMMANDS) break;
    const { sw, data } = exchange(card, bytes);
    if (!STATUS_WORDS.test(sw)) throw new CardRuleError(`answered ${sw}`);
    if (data.length > 256) throw new CardRuleError(`answered ${data.length} bytes`);
    words.push(sw);
  }
  const problem = moneyProblem(new Cells(card.image()));
  if (problem) throw new CardRuleError(problem);
  return words.slice(0, 4).join(" ");
}

export const cardTarget = apdusTo("APDUs to the card", factoryCard);
