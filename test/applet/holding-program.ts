import { once } from "node:events";
import { AppletCard } from "../../simulator/index.js";

/** Holds a card with the applet, says so, and ends at a line of input. */
const card = new AppletCard();
card.powerOn();
process.stdout.write("holds a card\n");
await once(process.stdin, "data");
card.powerOff();
process.stdin.destroy();
