import { describe, expect, it } from "vitest";
import { openSecureChannel } from "../../apdu/secure-channel/index.js";
import { bytesToHex, concatBytes, hexToBytes } from "../../common/index.js";

const h = hexToBytes;

/**
 * Sessions of real cards (eUICCs) with known keys, as the pySim project publishes them: INITIALIZE UPDATE with
 * its response, EXTERNAL AUTHENTICATE, one STORE DATA that reads the card's EID with its response, and how four
 * further commands, one of each case of ISO 7816-3, go over the same channel.
 */
const SESSIONS = [
  {
    name: "C-MAC and R-MAC",
    level: 0x11,
    initializeUpdate: "8050300008b13e5f938fc108c400",
    initializeUpdateResponse: "000000000000000000003003703eb51047495b249f66c484c1d2ef1948000002",
    externalAuthenticate: "84821100107d5f5826a993ebc89eea24957fa0b3ce",
    storeData: "84e291000ebf3e035c015a558d036518a2829700",
    storeDataResponse: "bf3e125a1089882119900000000000000000000005971be68992dbbdfa",
    cases: [
      "84f220020863a63f8959827fb2",
      "84ca006608a0c6a4a74166f7ce00",
      "84f22002124f0212345c054f9f70c52249b50272656536",
      "84f280020a4f00e91443f6dce6b8ed00",
    ],
  },
  {
    name: "C-MAC and C-DECRYPTION",
    level: 0x03,
    initializeUpdate: "80503000088e1552d0513c60f300",
    initializeUpdateResponse: "0000000000000000000030037030760cd2c47c1dd395065fe5ead8a9d7000001",
    externalAuthenticate: "8482030010fd4721a14d9b07003c451d2f8ae6bb21",
    storeData: "84e2910018ca9c00f6713d79bc8baa642bdff51c3f6a4082d3bd9ad26c00",
    storeDataResponse: "bf3e125a1089882119900000000000000000000005",
    cases: [
      "84f2200208c9811b11f1264cf1",
      "84ca006608e10ab60b3054798800",
      "84f22002184e2908bdb48b2315a55482e9e936ca122d6ecfae7d17416e",
      "84f28002180dd10a6b6193e5340b9e77d32d5a179cd710ac2773aefb2800",
    ],
  },
  {
    name: "all protections",
    level: 0x33,
    initializeUpdate: "8050300008fdf38259a1e0de4400",
    initializeUpdateResponse: "000000000000000000003003703b1aca81e821f219081cdc01c26b372d000003",
    externalAuthenticate: "84823300108c36f96bcc00724a4e13ad591d7da3f0",
    storeData: "84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f00",
    storeDataResponse: "f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9",
    cases: [
      "84f2200208ac6a59024bed84cc",
      "84ca006608409912ad8fb7aed000",
      "84f22002185f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a",
      "84f280021865165105be3373347d0424d4400af2ac393f569ec779389e00",
    ],
  },
] as const;

const KEYS = {
  enc: h("000102030405060708090a0b0c0d0e0f"),
  mac: h("101112131415161718191a1b1c1d1e1f"),
  dek: h("202122232425262728292a2b2c2d2e2f"),
};
const PLAIN_CASES = ["80f22002", "80ca006600", "80f220020a4f0212345c054f9f70c5", "80f28002024f0000"];

/** Without its Le, which the recorder of the sessions left out where a protected response needs it. */
const body = (command: string): string => {
  const bytes = h(command);
  return bytesToHex(bytes.subarray(0, 5 + (bytes[4] ?? 0)));
};

describe("sessions of real cards", () => {
  it.each(SESSIONS)("$name", async (session) => {
    const ok = h("9000");
    // The error status ends no channel and carries no MAC, so the replay needs no further responses.
    const refused = h("6a80");
    const expected: [string, Uint8Array][] = [
      [session.initializeUpdate, concatBytes(h(session.initializeUpdateResponse), ok)],
      [session.externalAuthenticate, ok],
      [session.storeData, concatBytes(h(session.storeDataResponse), ok)],
      ...session.cases.map((command): [string, Uint8Array] => [command, refused]),
    ];
    const sent: string[] = [];
    const channel = await openSecureChannel(
      {
        transmit: async (command) => {
          const [wanted = "", response = refused] = expected[sent.length] ?? [];
          sent.push(bytesToHex(command));
          expect(body(sent.at(-1) ?? "")).toBe(body(wanted));
          return response;
        },
      },
      {
        keyVersion: 0x30,
        level: session.level,
        staticKeys: () => KEYS,
        random: () => h(session.initializeUpdate).subarray(5, 13),
      },
    );
    expect(channel.card).toMatchObject({ keyVersion: 0x30, i: 0x70, mode: "S8" });
    const answer = await channel.transmit(h("80e2910006bf3e035c015a00"));
    expect(bytesToHex(answer)).toBe("bf3e125a10898821199000000000000000000000059000");
    for (const plain of PLAIN_CASES) expect(bytesToHex(await channel.transmit(h(plain)))).toBe("6a80");
    expect(sent).toHaveLength(expected.length);
    expect(channel.isOpen).toBe(true);
  });

  it.each(SESSIONS)(
    "$name: a flipped bit anywhere in the card's introduction stops before EXTERNAL AUTHENTICATE",
    async (session) => {
      const response = h(session.initializeUpdateResponse);
      for (let at = 10; at < 29; at++) {
        const flipped = response.slice();
        flipped[at] = (flipped[at] ?? 0) ^ 0x01;
        const sent: Uint8Array[] = [];
        const opening = openSecureChannel(
          {
            transmit: async (command) => {
              sent.push(command);
              return concatBytes(flipped, h("9000"));
            },
          },
          {
            keyVersion: 0x30,
            level: session.level,
            staticKeys: () => KEYS,
            random: () => h(session.initializeUpdate).subarray(5, 13),
          },
        );
        await expect(opening).rejects.toThrow();
        expect(sent).toHaveLength(1);
      }
    },
  );
});
