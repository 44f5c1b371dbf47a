import { CARD_AID, CLA, INS, type LifecycleByte } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import type { Applet, AppletContext, AppletPackage } from "../runtime/applet.js";
import type { Command } from "../runtime/command.js";
import { IsoError } from "../runtime/errors.js";
import { authorize } from "./authorize.js";
import { changePin } from "./change-pin.js";
import type { CommandEntry } from "./command-table.js";
import { fileControlInformation } from "./data-objects.js";
import { getData } from "./get-data.js";
import { identify } from "./identify.js";
import { finishReset } from "./reset.js";
import { WITHOUT_SECURITY_DOMAIN } from "./secure-channel-commands.js";
import { allocateState, type CardState } from "./state.js";
import { update } from "./update.js";
import { verifyPin } from "./verify-pin.js";

/** Table of specs/01 §5, without SELECT. */
const PLAIN_COMMANDS: readonly CommandEntry[] = [getData, verifyPin, changePin, authorize, identify, update];

const CLASSES: readonly number[] = [CLA.ISO, CLA.PROPRIETARY, CLA.SECURE];
const SELECT_BY_NAME = 0x0400;
const SELECT_SILENTLY = 0x040c;

const keyOf = (cla: number, ins: number): number => (cla << 8) | ins;

/** The card application (specs/01). Checks come in the order of §5, each command's own after them. */
class CardApplication implements Applet {
  readonly #state: CardState;
  readonly #commands: ReadonlyMap<number, CommandEntry>;

  constructor(state: CardState, commands: readonly CommandEntry[]) {
    this.#state = state;
    this.#commands = new Map(commands.map((entry) => [keyOf(entry.cla, entry.ins), entry]));
  }

  select(): Uint8Array {
    finishReset(this.#state);
    this.#state.pin.reset();
    return fileControlInformation(this.#state);
  }

  deselect(): void {
    this.#state.pin.reset();
  }

  process(command: Command): Uint8Array {
    if (!CLASSES.includes(command.cla)) throw new IsoError(SW.CLA_NOT_SUPPORTED);
    if (command.cla === CLA.ISO && command.ins === INS.SELECT) throw new IsoError(refusedSelect(command));
    const entry = this.#commands.get(keyOf(command.cla, command.ins));
    if (!entry) throw new IsoError(SW.INS_NOT_SUPPORTED);
    const refusal = entry.refusedWhen[this.#state.lifecycle.u8() as LifecycleByte];
    if (refusal !== undefined) throw new IsoError(refusal);
    if (entry.p1p2 !== undefined && command.p1p2 !== entry.p1p2) throw new IsoError(SW.WRONG_P1P2);
    if (entry.lengths && !entry.lengths.includes(command.data.length)) throw new IsoError(SW.WRONG_LENGTH);
    return entry.run(this.#state, command);
  }
}

/** A SELECT that reaches the selected application selects nothing (specs/01 §6.1). */
function refusedSelect({ p1p2 }: Command): number {
  return p1p2 === SELECT_BY_NAME || p1p2 === SELECT_SILENTLY ? SW.NOT_FOUND : SW.WRONG_P1P2;
}

/**
 * The card application as it is installed.
 * @param onState receives the state that the application works on: a factory fills it in
 * @param secureChannelCommands makes the commands that open and use a secure channel
 */
export function cardApplication(
  onState: (state: CardState) => void = () => {},
  secureChannelCommands: (context: AppletContext) => readonly CommandEntry[] = () => WITHOUT_SECURITY_DOMAIN,
): AppletPackage {
  return {
    aid: CARD_AID,
    name: "card-application",
    install(context) {
      const state = allocateState(context);
      onState(state);
      return new CardApplication(state, [...PLAIN_COMMANDS, ...secureChannelCommands(context)]);
    },
  };
}
