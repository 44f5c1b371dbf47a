import { randomBytes } from "node:crypto";
import { readU32 } from "../../common/index.js";
import { openCardFile } from "../../simulator/index.js";
import { apdu, authorizeApdu } from "./fixture.js";

/** Opens the card file of its argument and authorizes without end; prints the counter after each answer. */
const { card } = openCardFile(process.argv[2] ?? "");
card.powerOn();
card.exchange(apdu("00a40400", Uint8Array.from(Buffer.from("f043484551554501", "hex"))));
for (;;) {
  card.exchange(authorizeApdu(1n, randomBytes(32)));
  const counter = card.image().cells["card-application/counter"] ?? new Uint8Array(4);
  process.stdout.write(`${readU32(counter)}\n`);
  await new Promise(setImmediate);
}
