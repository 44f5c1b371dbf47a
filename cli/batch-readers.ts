import type { Reader } from "../apdu/index.js";
import { openReaders, withoutSamSlots } from "../host/pcsc/index.js";
import type { BatchEvent } from "../personalize/index.js";
import { type OpenCardFile, openCardFile, SimulatedReader } from "../simulator/index.js";
import type { CommandContext } from "./command-context.js";
import { InputError } from "./error-report.js";

/** `--reader NAME` once or more, `--all-readers`, or `--card FILE` once or more for simulated cards. */
export interface BatchReaderChoice {
  readonly reader?: readonly string[];
  readonly allReaders?: boolean;
  readonly card?: readonly string[];
}

/** Readers for a batch, and what has to hear of its events. */
export interface BatchReaders {
  readonly readers: readonly Reader[];
  /** Lays the next simulated card on the reader when one is done; does nothing for real ones. */
  onEvent(event: BatchEvent): void;
}

/** Simulated cards, one after another; when none is left the batch ends. */
async function withCardFiles<T>(
  paths: readonly string[],
  use: (readers: BatchReaders, stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const reader = new SimulatedReader("simulated reader");
  const pile = [...paths];
  const out = new AbortController();
  let lying: OpenCardFile | undefined;
  const next = () => {
    reader.remove();
    lying?.close();
    lying = undefined;
    const path = pile.shift();
    if (path === undefined) return out.abort();
    lying = openCardFile(path);
    reader.insert(lying.card);
  };
  next();
  const done: readonly BatchEvent["kind"][] = ["card", "refused"];
  try {
    return await use(
      { readers: [reader], onEvent: (event) => done.includes(event.kind) && setImmediate(next) },
      out.signal,
    );
  } finally {
    pile.length = 0;
    reader.remove();
    lying?.close();
  }
}

/**
 * Opens the chosen readers for the length of `use`. The signal that `use` gets also aborts when the simulated
 * cards are used up.
 * @throws InputError; TransportError; the card files' errors
 */
export async function withBatchReaders<T>(
  context: CommandContext,
  choice: BatchReaderChoice,
  use: (readers: BatchReaders, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (choice.card?.length) {
    if (choice.reader?.length || choice.allReaders)
      throw new InputError("--card and --reader: choose one of them");
    return withCardFiles(choice.card, (readers, out) => use(readers, AbortSignal.any([context.signal, out])));
  }
  const open = await openReaders({ signal: context.signal });
  try {
    const readers = choice.allReaders
      ? withoutSamSlots(open.list())
      : choice.reader?.length
        ? choice.reader.map((name) => open.find(name))
        : [open.find()];
    if (readers.length === 0) throw new InputError("--all-readers: no reader is connected");
    return await use({ readers, onEvent: () => undefined }, context.signal);
  } finally {
    await open.close();
  }
}
