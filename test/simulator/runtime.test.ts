import { describe, expect, it } from "vitest";
import type { AppletContext, AppletPackage } from "../../simulator/runtime/applet.js";
import { SimulatedCard } from "../../simulator/runtime/card.js";
import { IsoError } from "../../simulator/runtime/errors.js";
import { apdu, bytes, hex, send } from "./fixture.js";

/** Does what its INS says: a probe of everything that the runtime promises. */
function probe(aid: string, name: string): AppletPackage {
  return {
    aid: bytes(aid),
    name,
    install(context: AppletContext) {
      const kept = context.persistent("kept", Uint8Array.of(0));
      const onReset = context.transient(1, "reset");
      const onDeselect = context.transient(1, "deselect");
      let deselected = 0;
      return {
        select: () => Uint8Array.of(0xaa, deselected),
        deselect() {
          deselected += 1;
          if (kept.u8() === 0x66) throw new Error("deselect fails");
        },
        process({ ins, data }) {
          const [value = 0] = data;
          switch (ins) {
            case 0x01:
              onReset[0] = value;
              onDeselect[0] = value;
              return new Uint8Array(0);
            case 0x02:
              return Uint8Array.of(kept.u8(), onReset[0] ?? 0, onDeselect[0] ?? 0);
            case 0x03:
              context.atomically(() => {
                kept.write(Uint8Array.of(value));
                throw new Error("the applet fails in its transaction");
              });
              return new Uint8Array(0);
            case 0x04:
              kept.write(Uint8Array.of(value));
              return new Uint8Array(0);
            case 0x05:
              context.atomically(() => {
                kept.write(Uint8Array.of(value));
                throw new IsoError(0x6a80);
              });
              return new Uint8Array(0);
            case 0x06:
              return new Uint8Array(257);
            case 0x07:
              return new Uint8Array(256);
            case 0x08:
              return (undefined as unknown as { data: Uint8Array }).data;
            case 0x09:
              context.atomically(() => context.atomically(() => kept.write(Uint8Array.of(value))));
              return new Uint8Array(0);
            default:
              throw new IsoError(0x6d00);
          }
        },
      };
    },
  };
}

const FIRST = "a000000001 01";
const SECOND = "a000000001 0202";
const DEFAULT = "a000000099 99";

function poweredCard(byDefault?: AppletPackage): SimulatedCard {
  const card = new SimulatedCard({}, [probe(FIRST, "first"), probe(SECOND, "second")], byDefault);
  card.powerOn();
  return card;
}

const selectAid = (card: SimulatedCard, aid: string) => send(card, apdu("00a40400", bytes(aid)));

describe("selection", () => {
  it("selects by full AID, by prefix, the whole name before a longer one", () => {
    const card = poweredCard();
    for (const [aid, applet] of [
      [FIRST, "first"],
      [SECOND, "second"],
      ["a000000001 02", "second"],
      ["a000000001", "first"],
    ] as const) {
      expect(selectAid(card, aid).sw).toBe("9000");
      send(card, apdu("80040000", bytes(applet === "first" ? "11" : "22")));
      expect(hex(card.image().cells[`${applet}/kept`] ?? new Uint8Array())).toBe(
        applet === "first" ? "11" : "22",
      );
    }
  });

  it.each(["a000000001 03", "a0000000", "a0", "a000000001 02 02 00", "aa".repeat(17), "aa".repeat(255)])(
    "answers 6A82 to %s and stays where it was",
    (aid) => {
      const card = poweredCard();
      selectAid(card, FIRST);
      expect(selectAid(card, aid).sw).toBe("6a82");
      expect(send(card, apdu("80020000")).sw).toBe("9000");
    },
  );

  it("answers 6A82 to the next occurrence, and without data to P2 0C", () => {
    const card = poweredCard();
    expect(send(card, apdu("00a40402", bytes(FIRST))).sw).toBe("6a82");
    expect(send(card, apdu("00a4040c", bytes(FIRST)))).toEqual({ sw: "9000", data: new Uint8Array(0) });
    expect(send(card, apdu("80020000")).sw).toBe("9000");
  });

  it("deselects what was selected, also when it is selected again, and bears an applet that fails then", () => {
    const card = poweredCard();
    expect(hex(selectAid(card, FIRST).data)).toBe("aa00");
    expect(hex(selectAid(card, FIRST).data)).toBe("aa01");
    send(card, apdu("80040000", bytes("66")));
    expect(selectAid(card, SECOND).sw).toBe("9000");
    expect(hex(selectAid(card, FIRST).data)).toBe("aa02");
  });

  it("has no applet before a selection", () => {
    const card = poweredCard();
    expect(send(card, apdu("80020000")).sw).toBe("6d00");
    expect(send(card, apdu("00020000")).sw).toBe("6d00");
    expect(send(card, apdu("90020000")).sw).toBe("6e00");
    expect(send(card, apdu("00a40400")).sw).toBe("6a82");
  });

  it("selects the default applet at power-up and by SELECT without an AID", () => {
    const card = poweredCard(probe(DEFAULT, "default"));
    expect(send(card, apdu("80020000")).sw).toBe("9000");
    selectAid(card, FIRST);
    send(card, apdu("80040000", bytes("11")));
    expect(send(card, apdu("00a40400")).sw).toBe("9000");
    expect(hex(send(card, apdu("80020000")).data)).toBe("000000");
    selectAid(card, FIRST);
    card.powerOn();
    expect(hex(send(card, apdu("80020000")).data)).toBe("000000");
  });
});

describe("transient memory", () => {
  it("clears on deselect and on reset as asked", () => {
    const card = poweredCard();
    selectAid(card, FIRST);
    send(card, apdu("80010000", bytes("55")));
    expect(hex(send(card, apdu("80020000")).data)).toBe("005555");
    selectAid(card, SECOND);
    selectAid(card, FIRST);
    expect(hex(send(card, apdu("80020000")).data)).toBe("005500");
    card.powerOn();
    selectAid(card, FIRST);
    expect(hex(send(card, apdu("80020000")).data)).toBe("000000");
  });
});

describe("an applet that fails", () => {
  it.each([
    ["an exception in a transaction", "03", "6f00"],
    ["a status word in a transaction", "05", "6a80"],
    ["a transaction inside another", "09", "6f00"],
    ["a fault outside", "08", "6f00"],
    ["an answer that is too long", "06", "6f00"],
  ])("%s: a status word, and everything rolled back", (_, ins, sw) => {
    const card = poweredCard();
    selectAid(card, FIRST);
    send(card, apdu("80040000", bytes("31")));
    const before = hex(card.dump());
    expect(send(card, apdu(`80${ins}0000`, bytes("77")))).toEqual({ sw, data: new Uint8Array(0) });
    expect(hex(card.dump())).toBe(before);
    expect(hex(send(card, apdu("80020000")).data)).toBe("310000");
  });

  it("may answer 256 bytes", () => {
    const card = poweredCard();
    selectAid(card, FIRST);
    expect(send(card, apdu("80070000")).data.length).toBe(256);
  });
});

describe("power", () => {
  it("is needed for every command", () => {
    const card = new SimulatedCard({}, [probe(FIRST, "first")]);
    expect(() => card.exchange(apdu("80020000"))).toThrow(expect.objectContaining({ code: "no-card" }));
    card.powerOn();
    card.powerOff();
    expect(() => card.exchange(apdu("80020000"))).toThrow(expect.objectContaining({ code: "no-card" }));
    expect(card.powerUps).toBe(1);
  });

  it("never comes back to a card that was closed", () => {
    const card = poweredCard();
    card.retire();
    expect(() => card.powerOn()).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => card.exchange(apdu("80020000"))).toThrow(expect.objectContaining({ code: "closed" }));
  });

  it("refuses the memory of another kind of card", () => {
    const image = { cells: { "other/cell": new Uint8Array(1) }, journal: [] };
    expect(() => new SimulatedCard({ image }, [probe(FIRST, "first")])).toThrow("belongs to no applet");
  });
});

describe("malformed command APDUs", () => {
  it.each([
    "",
    "00",
    "00a404",
    "80020000 00 00",
    "80020000 02 01",
    "80020000 01 01 00 00",
    "80020000 00 0001 01",
  ])("%s: 6700", (text) => {
    const card = poweredCard();
    expect(send(card, bytes(text)).sw).toBe("6700");
  });

  it("6700 to more than 261 bytes and to 64 KiB", () => {
    const card = poweredCard();
    expect(send(card, new Uint8Array(262).fill(0xff)).sw).toBe("6700");
    expect(send(card, new Uint8Array(65_536).fill(1)).sw).toBe("6700");
  });
});
