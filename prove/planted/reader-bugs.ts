import { bug, bugsOf, type PlantedBug } from "./bug.js";

const overlooked = (named: string) => ({ tests: "test/host/pcsc-overlooked.pcsc.test.ts", named });

/** In what is made of a PC/SC reader's reports. */
export const READER_BUGS: readonly PlantedBug[] = bugsOf("reader", [
  bug(
    "a removal is known only from a report",
    [overlooked("a removal that the watching thread overlooks")],
    [
      "host/pcsc/reader.ts",
      "if (isEmpty && this.#state === before) ",
      "if (isEmpty && this.#state !== before) ",
    ],
  ),
  bug(
    "a late report of the connected card passes for another card",
    [overlooked("a card whose coming was overlooked")],
    [
      "host/pcsc/reader.ts",
      '    if (isLate && this.state.card === "present") this.#connectedEvents = this.#events;\n',
      "",
    ],
  ),
  bug(
    "a reader that is empty after a few tries is not looked at again",
    [overlooked("a card laid down at once after one that was taken from an open connection")],
    ["host/pcsc/reader.ts", 'else if (this.state.card !== "present") {', "else if (tries === 0) {"],
  ),
  bug(
    "a card that stays is reset at every look",
    [overlooked("a card that stays is not reset")],
    ["host/pcsc/link.ts", "native.SCARD_LEAVE_CARD);", "native.SCARD_RESET_CARD);"],
  ),
]);
