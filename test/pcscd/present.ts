import { expect } from "vitest";
import { openReaders, type PcscReader } from "../../host/pcsc/index.js";

async function onReader(name: string, use: (reader: PcscReader) => Promise<void>): Promise<void> {
  const readers = await openReaders();
  try {
    await use(readers.find(name));
  } finally {
    await readers.close();
  }
}

/** Resolves when pcscd shows a card on the reader: programs that are started then find it there. */
export const cardIsPresent = (name: string): Promise<void> =>
  onReader(name, async (reader) => {
    await expect.poll(() => reader.state.card).toBe("present");
  });

/** Resolves when pcscd shows that nothing lies on the reader: what is laid there then is another card to it. */
export const readerIsEmpty = (name: string): Promise<void> =>
  onReader(name, (reader) => reader.waitForRemoval());
