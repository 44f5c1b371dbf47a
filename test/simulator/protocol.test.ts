import { describe, expect, it } from "vitest";
import type { CardProtocol } from "../../simulator/index.js";
import { ATR } from "../../simulator/runtime/protocol.js";
import { apdu, authorize, authorizeApdu, bytes, hash, hex, SELECT, send, tappedCard } from "./fixture.js";

const GET_PROFILE = "80ca00c1";
const PROFILE_OBJECT = 34;

describe("answer to reset", () => {
  it.each(Object.entries(ATR))("%s adds up", (protocol, atr) => {
    const [ts, t0 = 0] = atr;
    expect(ts).toBe(0x3b);
    const interfaceBytes = protocol === "T=CL" ? 2 : protocol === "T=1" ? 1 : 0;
    const check = protocol === "T=0" ? 0 : 1;
    expect(atr.length).toBe(2 + interfaceBytes + (t0 & 0x0f) + check);
    if (check) expect(atr.subarray(1).reduce((xor, byte) => xor ^ byte, 0)).toBe(0);
    expect(hex(tappedCard({}, { protocol: protocol as CardProtocol }).atr)).toBe(hex(atr));
  });
});

describe.each(["T=CL", "T=1"] as const)("%s", (protocol) => {
  it.each(["", "00", "22", "ff"])("sends the whole answer to Le '%s'", (le) => {
    const { sw, data } = send(tappedCard({}, { protocol }), bytes(GET_PROFILE + le));
    expect([sw, data.length]).toEqual(["9000", PROFILE_OBJECT]);
  });

  it("sends the whole answer to a command with data, with and without Le", () => {
    const card = tappedCard({}, { protocol });
    expect(authorize(card, 1n).data.length).toBe(149);
    expect(send(card, bytes(`${hex(authorizeApdu(1n, hash("invoice")))}00`)).data.length).toBe(149);
  });

  it("cuts an answer that is longer than Le and keeps the rest for GET RESPONSE", () => {
    const card = tappedCard({}, { protocol });
    const whole = send(card, bytes(GET_PROFILE)).data;
    const first = send(card, bytes(`${GET_PROFILE}10`));
    expect(first.sw).toBe("6112");
    const rest = send(card, bytes("00c0000012"));
    expect(rest.sw).toBe("9000");
    expect(hex(first.data) + hex(rest.data)).toBe(hex(whole));
  });

  it("knows no GET RESPONSE when nothing waits", () => {
    expect(send(tappedCard({}, { protocol }), bytes("00c0000000")).sw).toBe("6d00");
  });
});

describe("T=0", () => {
  const card = () => tappedCard({}, { protocol: "T=0" });

  it("keeps the answer to a command with data for GET RESPONSE", () => {
    const powered = card();
    const first = send(powered, authorizeApdu(1n, hash("invoice")));
    expect([first.sw, first.data.length]).toEqual(["6195", 0]);
    const rest = send(powered, bytes("00c0000095"));
    expect([rest.sw, rest.data.length]).toEqual(["9000", 149]);
  });

  it("ignores the Le of case 4, which its TPDU cannot carry", () => {
    expect(send(card(), bytes(`${hex(authorizeApdu(1n, hash("invoice")))}00`)).sw).toBe("6195");
    expect(send(card(), bytes(`${hex(SELECT)}00`)).sw).toBe("6188");
  });

  it("gives the answer out in parts", () => {
    const powered = card();
    send(powered, authorizeApdu(1n, hash("invoice")));
    expect(send(powered, bytes("00c0000080"))).toMatchObject({ sw: "6115" });
    expect(send(powered, bytes("00c0000000")).data.length).toBe(0x15);
    expect(send(powered, bytes("00c0000000")).sw).toBe("6d00");
  });

  it("drops a waiting answer at the next command and at a reset", () => {
    const powered = card();
    send(powered, authorizeApdu(1n, hash("invoice")));
    expect(send(powered, bytes(`${GET_PROFILE}00`)).sw).toBe("6c22");
    expect(send(powered, bytes("00c0000095")).sw).toBe("6d00");
    send(powered, authorizeApdu(1n, hash("invoice")));
    powered.powerOn();
    expect(send(powered, bytes("00c0000095")).sw).toBe("6d00");
  });

  it("asks for the exact Le of a command without data", () => {
    const powered = card();
    expect(send(powered, bytes(`${GET_PROFILE}00`))).toEqual({ sw: "6c22", data: new Uint8Array(0) });
    expect(send(powered, bytes(`${GET_PROFILE}22`)).data.length).toBe(PROFILE_OBJECT);
  });

  it("takes a Le that was not told for the length of data", () => {
    const powered = card();
    expect(send(powered, bytes(`${GET_PROFILE}22`))).toEqual({ sw: "6700", data: new Uint8Array(0) });
    expect(send(powered, bytes(`${GET_PROFILE}00`)).sw).toBe("6c22");
    expect(send(powered, bytes(`${GET_PROFILE}10`)).sw).toBe("6700");
    expect(send(powered, bytes(`${GET_PROFILE}22`)).sw).toBe("6700");
    expect(send(powered, bytes(`${GET_PROFILE}00`)).sw).toBe("6c22");
    expect(send(powered, bytes("80ca5f5022")).sw).toBe("6700");
  });

  it("has the same status words where there is no data", () => {
    const powered = card();
    expect(authorize(powered, 0n).sw).toBe("6a80");
    expect(send(powered, apdu("80310000")).sw).toBe("6d00");
    expect(send(powered, apdu("80300000")).sw).toBe("6700");
  });
});
