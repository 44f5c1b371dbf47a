import type { Reader } from "../apdu/index.js";
import { TERMINAL } from "../common/languages/spoken.js";
import { type ListedReader, openReaders, type PcscReader, type PcscReaders } from "../host/pcsc/index.js";
import { openCardFile, SimulatedReader } from "../simulator/index.js";
import type { CommandContext } from "./command-context.js";
import { InputError } from "./error-report.js";

/** `--reader NAME` or `--card FILE`; neither: the PC/SC reader that there is, or the one with a card. */
export interface ReaderChoice {
  readonly reader?: string;
  readonly card?: string;
}

/** Waits until the customer has taken the card away; a simulated one is taken at once, and laid down again. */
export type CardTaken = (signal: AbortSignal) => Promise<void>;

/** The readers of this machine as they are now. @throws TransportError while the PC/SC service is away */
export type ReadersNow = () => readonly Pick<ListedReader, "name" | "card">[];

/** The reader that a name means; says so where several fit and the card decided. @throws TransportError */
export function chooseReader(
  context: CommandContext,
  readers: PcscReaders,
  name: string | undefined,
): PcscReader {
  const { reader, byCard } = readers.choose(name);
  if (byCard) context.note(TERMINAL.sell.reader(reader.name));
  return reader;
}

/**
 * Opens the chosen reader for the length of `use`: a PC/SC reader, or a simulated card that lies on a reader of
 * its own.
 * @throws InputError when both are chosen; TransportError; the card file's errors
 */
export async function withReader<T>(
  context: CommandContext,
  choice: ReaderChoice,
  use: (reader: Reader, cardTaken: CardTaken, readersNow: ReadersNow) => Promise<T>,
): Promise<T> {
  if (choice.card !== undefined && choice.reader !== undefined)
    throw new InputError("--card and --reader: choose one of them");
  if (choice.card !== undefined) {
    const file = openCardFile(choice.card);
    const reader = new SimulatedReader(`simulated card ${choice.card}`);
    reader.insert(file.card);
    try {
      const taken = async () => {
        reader.remove();
        reader.insert(file.card);
      };
      return await use(reader, taken, () => [{ name: reader.name, card: "present" }]);
    } finally {
      file.close();
    }
  }
  const readers = await openReaders({ signal: context.signal });
  try {
    const reader = chooseReader(context, readers, choice.reader);
    return await use(
      reader,
      (signal) => reader.waitForRemoval(signal),
      () => readers.listed(),
    );
  } finally {
    await readers.close();
  }
}
