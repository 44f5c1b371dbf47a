import { ChequecardError } from "../../../common/index.js";
import { TornError } from "../../../simulator/index.js";
import { seededEntropy } from "../../../testing/random.js";
import { faceStates } from "../../faces/campaigns.js";
import {
  FaceSession,
  type FaceStep,
  faceCard,
  readBinary,
  SELECT_CC,
  SELECT_NDEF,
  SELECT_TAG,
} from "../../faces/session.js";
import { Disagreement } from "../../model/session.js";
import { chunksOf, type FuzzTarget, joinChunks } from "../target.js";
import { bytesIn, vectorFile } from "../vectors.js";

const MAX_COMMANDS = 24;
const READING = [SELECT_TAG, SELECT_CC, readBinary(0, 15), SELECT_NDEF, readBinary(0, 2), readBinary(2, 0)];
/** What a chunk of one byte does; any other byte takes the power at the persistent write of that number. */
const STEPS: Readonly<Record<number, FaceStep>> = {
  0: { kind: "power" },
  250: { kind: "open" },
  251: { kind: "reset" },
  252: { kind: "store", face: 0 },
  253: { kind: "store", face: 1 },
  254: { kind: "store", face: 1, half: 1 },
};
const step = (byte: number): Uint8Array => Uint8Array.of(byte);
const BEHIND_THE_COMMAND = 255;

let states: ReturnType<typeof faceStates> | undefined;

/**
 * First byte: the face's state. Then commands to it, each behind its length; one of a single byte is a step or a tear.
 * Whatever comes, every address is genuine, no counter is shown twice, and the card application's state is untouched.
 */
export const faceTarget: FuzzTarget = {
  name: "APDUs to a second face",
  weight: 24,
  corpus() {
    const torn = [1, 2, BEHIND_THE_COMMAND].map((point) => [...READING.slice(0, 4), step(point), ...READING]);
    const made = [SELECT_TAG, step(250), step(251), step(253), step(0), ...READING];
    const commands = ["card-commands", "scp03-sessions"]
      .flatMap((name) => bytesIn(vectorFile(name), ["hex", "command"]))
      .filter(({ length }) => length >= 4 && length <= 262);
    const stored = bytesIn(vectorFile("bolt-card"), ["data"])
      .filter(({ length }) => length < 256)
      .map((data) => Uint8Array.of(0x84, 0xe2, 0x88, 0x00, data.length, ...data));
    const around = [...commands, ...stored].map((apdu) => [
      ...READING.slice(0, 4),
      apdu,
      ...READING.slice(4),
    ]);
    return [READING, made, ...torn, ...around].map((row, at) => Uint8Array.of(at, ...joinChunks(row)));
  },
  run(input) {
    states ??= faceStates(faceCard);
    const state = states[(input[0] ?? 0) % states.length];
    if (!state) throw new RangeError("no such state");
    const session = new FaceSession(faceCard(state.image, seededEntropy(7)), state.shown);
    const words: string[] = [];
    for (const bytes of [...chunksOf(input.subarray(1))].slice(0, MAX_COMMANDS)) {
      try {
        talk(session, bytes);
        words.push(session.last?.sw ?? "");
      } catch (error) {
        if (error instanceof TornError) session.power();
        // A card answers whatever it is sent: no error of it is a refusal, however well it is typed.
        else if (error instanceof ChequecardError)
          throw new Disagreement(`gave no answer: ${error.message}`, { cause: error });
        else throw error;
      }
    }
    return words.slice(0, 6).join(" ");
  },
};

function talk(session: FaceSession, bytes: Uint8Array): void {
  const [first = 0] = bytes;
  const known = STEPS[first];
  if (bytes.length !== 1) session.step({ kind: "raw", bytes });
  else if (known) session.step(known);
  else session.card.tearAt(first === BEHIND_THE_COMMAND ? "after-command" : { write: first });
}
