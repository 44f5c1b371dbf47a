import { bug, bugsOf, type PlantedBug } from "./bug.js";

const java = (name: string): string => `applet/card/src/main/java/chequecard/bolt/${name}.java`;
const appletTears = { campaign: "applet-face-tears" } as const;
const appletTwins = { campaign: "applet-face-twins" } as const;
const applet = (named: string) => ({ tests: "test/applet/simulator-bolt-card.applet.test.ts", named });
const tears = { campaign: "face-tears" } as const;
const simulated = (named: string) => ({ tests: "test/simulator/bolt-card.test.ts", named });
const made = (named: string) => ({ tests: "test/personalize/second-face.test.ts", named });
const ledger = (named: string) => ({ tests: "test/issuer/second-face.test.ts", named });
const files = "simulator/bolt-card/files.ts";
const making = "personalize/second-face.ts";

/** In the second face of a card: its counter, its MAC, its identity, and how it is made. */
export const FACE_BUGS: readonly PlantedBug[] = bugsOf("second face", [
  bug(
    "the Bolt Card applet raises its counter behind the answer",
    [appletTears, applet("counter one higher in each session")],
    [
      java("TagFiles"),
      "        face.raiseCounter();\n        short at",
      "        session[MADE] = (byte) 1;\n        short at",
    ],
    [
      java("BoltCardApplet"),
      "                apdu.sendBytes((short) 0, count);\n",
      "                apdu.sendBytes((short) 0, count);\n                face.raiseCounter();\n",
    ],
  ),
  bug(
    "the Bolt Card applet keeps its counter in RAM",
    [appletTears, appletTwins, applet("counter one higher in each session")],
    [
      java("FaceData"),
      "final byte[] counter = new byte[Constants.COUNTER];",
      "final byte[] counter = JCSystem.makeTransientByteArray(Constants.COUNTER, JCSystem.CLEAR_ON_DESELECT);",
    ],
  ),
  bug(
    "the Bolt Card applet writes its counter byte by byte",
    [appletTears],
    [
      java("FaceData"),
      "        Util.arrayCopy(next, (short) 0, counter, (short) 0, Constants.COUNTER);",
      "        Util.arrayCopyNonAtomic(next, (short) 0, counter, (short) 0, Constants.COUNTER);",
    ],
  ),
  bug(
    "the Bolt Card applet starts over behind its last counter",
    [appletTwins, applet("refuses for ever behind its last counter")],
    [
      java("FaceData"),
      "            if (at < 0) {\n                ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);\n            }",
      "            if (at < 0) {\n                break;\n            }",
    ],
  ),
  bug(
    "RESET sets the counter of the Bolt Card applet back",
    [
      appletTears,
      { tests: "test/applet/personalize-second-face.applet.test.ts", named: "loses it with RESET" },
    ],
    [
      java("FaceData"),
      "        Util.arrayFillNonAtomic(uid,",
      "        Util.arrayFillNonAtomic(counter, (short) 0, Constants.COUNTER, (byte) 0);\n        Util.arrayFillNonAtomic(uid,",
    ],
  ),
  bug(
    "the Bolt Card applet has its CMAC over the address too",
    [appletTwins, applet("valid under its keys")],
    [
      java("SunKeys"),
      "        work[BLOCK] ^= TOP_BIT;",
      "        work[BLOCK] ^= TOP_BIT;\n        work[BLOCK] ^= face.address[0];",
    ],
  ),
  bug(
    "the Bolt Card applet authenticates the counter with its highest byte first",
    [appletTwins, applet("carries from byte to byte")],
    [
      java("SunKeys"),
      "        work[at] = face.counter[2];\n        work[(short) (at + 1)] = face.counter[1];\n        work[(short) (at + 2)] = face.counter[0];",
      "        work[at] = face.counter[0];\n        work[(short) (at + 1)] = face.counter[1];\n        work[(short) (at + 2)] = face.counter[2];",
    ],
  ),
  bug(
    "a torn RESET of the Bolt Card applet is never finished",
    [appletTears],
    [
      java("BoltCardApplet"),
      "        personalization.finishReset();\n        return true;",
      "        return true;",
    ],
  ),
  bug(
    "the Bolt Card applet takes STORE DATA while it is in use",
    [appletTwins],
    [java("Personalization"), "            face.requireBlank();\n", ""],
  ),
  bug(
    "the simulated face raises its counter behind the answer",
    [tears, simulated("counter written before the first byte leaves")],
    [
      files,
      "    const identity = raiseCounter(this.#face);\n    this.#session.set(ndefFile(this.#face, identity), AT.NDEF);",
      "    const { uid, counter } = this.#face;\n    const next = Uint8Array.of(...counter.bytes);\n    next[2] = (next[2] ?? 0) + 1;\n    this.#session.set(ndefFile(this.#face, concatBytes(uid.bytes, next.toReversed())), AT.NDEF);",
    ],
    [
      files,
      "    return content.slice(offset, offset + Math.min(wanted, MAX_READ));",
      "    const answer = content.slice(offset, offset + Math.min(wanted, MAX_READ));\n    if (id === FILE.NDEF && this.#session[AT.MADE] === 1) {\n      this.#session[AT.MADE] = 2;\n      if (offset > 0) raiseCounter(this.#face);\n    }\n    return answer;",
    ],
  ),
  bug(
    "the simulated face keeps no counter",
    [tears, simulated("counter one higher in each session")],
    [files, "  counter.write(raised);\n", ""],
  ),
  bug(
    "the simulated face counts each READ BINARY",
    [tears, simulated("counts once")],
    [files, "id === FILE.NDEF && this.#session[AT.MADE] === 0", "id === FILE.NDEF"],
  ),
  bug(
    "a face has the serial number of its chip as its identity",
    [made("an identity and keys of its own")],
    [
      making,
      "  uid[0] = (uid[0] ?? 0) | 0x80;",
      '  uid.set(Buffer.from(chip, "hex").subarray(4, 11));\n  uid[0] = (uid[0] ?? 0) | 0x80;',
    ],
  ),
  bug(
    "a face is registered after it is on the card",
    [made("finishes what the registry did not take")],
    [
      making,
      "  await faces.register({\n    cardId,\n    uid,\n    batch: keys.batch,\n    faceOf: item.cardId,\n    label,\n    policy: terms.policy,\n  });\n",
      "",
    ],
    [
      making,
      "  await faces.activate(cardId, reading);",
      "  await faces.register({ cardId, uid, batch: keys.batch, faceOf: item.cardId, label, policy: terms.policy });\n  await faces.activate(cardId, reading);",
    ],
  ),
  bug(
    "a host reads the address of a face in one piece, whatever its length",
    [made("made with the longest address")],
    [
      "personalize/face-reading.ts",
      "const isCut = first.length < 2 + messageLength;",
      "const isCut = first.length === 0;",
    ],
  ),
  bug(
    "a torn RESET of the simulated face is never finished",
    [tears],
    [
      "simulator/bolt-card/application.ts",
      "    this.#personalization.finishReset();\n    return NO_DATA;",
      "    return NO_DATA;",
    ],
  ),
  bug(
    "a face that another card left there is taken for this one's",
    [made("takes the place of another's data")],
    [making, "  if (!isBlank) await send(channel, reset, {});\n", ""],
  ),
  bug(
    "money moves between any two cards",
    [ledger("refuse what is no move between them")],
    [
      "issuer/ledger/move.ts",
      "if ((await faceOf(tx, toKey)) !== fromKey && (await faceOf(tx, fromKey)) !== toKey)",
      "if (fromKey === toKey)",
    ],
  ),
  bug(
    "a move ignores the limit of the account that it ends at",
    [ledger("are held to the limit of the second face")],
    ["issuer/ledger/move.ts", "  await expectWithinBalance(tx, to, amount);\n", ""],
  ),
  bug(
    "money is moved out and not in",
    [ledger("get money from each other by one order")],
    [
      "issuer/ledger/move.ts",
      '  await bookOperation(store, tx, to, "move-in", amount, `from ${cardName(fromKey)}`, at);\n',
      "",
    ],
  ),
  bug(
    "a lost card's second face goes on paying",
    [ledger("are blocked together where the card is lost")],
    ["issuer/ledger/states.ts", "    await blockFaces(tx, faces);\n", ""],
  ),
  bug(
    "what stands on the second face is lost where a card is replaced",
    [ledger("go together to the card that replaces theirs")],
    ["issuer/ledger/operations.ts", "    await moveAll(store, tx, face, from, at);\n", ""],
  ),
  bug(
    "the reading with which a face was verified can be paid for",
    [
      {
        tests: "test/server/second-face.bolt.test.ts",
        named: "is not paid for the reading with which the card was verified",
      },
    ],
    [
      "cli/face-registry.ts",
      "counter: BigInt(counter), bytes: Buffer.concat([p, c]) }",
      "counter: BigInt(counter), bytes: Buffer.concat([c, p]) }",
    ],
  ),
]);
