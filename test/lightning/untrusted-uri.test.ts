import { describe, expect, it } from "vitest";
import { ValueError } from "../../common/index.js";
import { addressScope } from "../../lightning/address-scope.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { checkUntrustedUri, untrustedWebAddresses } from "../../lightning/untrusted-uri.js";
import { UntrustedUriError, type UntrustedUriErrorCode } from "../../lightning/untrusted-uri-error.js";
import vectors from "../../specs/vectors/api.json" with { type: "json" };

const KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const OTHER = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";
const uri = (host: string, key = KEY) => parseNodeUri(`${key}@${host}:9735`);
const never = () => Promise.reject(new Error("must not be asked"));
const names = (...addresses: string[]) => ({ resolve: () => Promise.resolve(addresses) });

const refusal = async (attempt: Promise<unknown>): Promise<UntrustedUriErrorCode> =>
  attempt.then(
    () => Promise.reject(new Error("was not refused")),
    (error) => error.code,
  );

describe("scope of an address, specs/vectors/api.json", () => {
  it.each(vectors.addresses)("$address: $scope", ({ address, scope }) => {
    expect(addressScope(address)).toBe(scope);
  });

  it.each(["", "localhost", "127.1", "[::1]", "fe80::1%eth0", "1.2.3.4.5"])("%s is no address", (text) => {
    expect(() => addressScope(text)).toThrow(ValueError);
  });
});

describe("a URI from a stranger", () => {
  it.each(vectors.addresses)("$address on mainnet and on regtest", async ({ address, scope }) => {
    const host = address.includes(":") ? `[${address}]` : address;
    const dial = (network: "bc" | "bcrt") => checkUntrustedUri(uri(host), { network, resolve: never });
    const expected = [{ ...uri(host) }];
    if (scope === "public") expect(await dial("bc")).toEqual(expected);
    else expect(await refusal(dial("bc"))).toBe("not-public");
    if (scope === "reserved") expect(await refusal(dial("bcrt"))).toBe("not-public");
    else expect(await dial("bcrt")).toEqual(expected);
  });

  it.each(["tb", "tbs", "sb"] as const)("loopback is for regtest alone, not for %s", async (network) => {
    expect(await refusal(checkUntrustedUri(uri("127.0.0.1"), { network }))).toBe("not-public");
  });

  it("a name is resolved once, and what is dialed is the address that was checked", async () => {
    const answers = [["8.8.8.8", "2606:4700::1111"], ["127.0.0.1"]];
    const resolve = () => Promise.resolve(answers.shift() ?? []);
    const found = await checkUntrustedUri(uri("node.example.com"), { network: "bc", resolve });
    expect(found.map(({ host, port }) => `${host} ${port}`)).toEqual([
      "8.8.8.8 9735",
      "2606:4700::1111 9735",
    ]);
    expect(answers).toHaveLength(1);
  });

  it.each([
    ["one private address among public ones", names("8.8.8.8", "10.0.0.1"), "not-public"],
    ["a mapped loopback address", names("::ffff:127.0.0.1"), "not-public"],
    ["a link-local address with its zone", names("fe80::1%eth0"), "not-public"],
    ["no address at all", names(), "unresolved"],
    ["seventeen addresses", names(...new Array<string>(17).fill("8.8.8.8")), "unresolved"],
    ["a failing name service", { resolve: () => Promise.reject(new Error("SERVFAIL")) }, "unresolved"],
    ["a silent name service", { resolve: () => new Promise<never>(() => {}), timeoutMs: 5 }, "unresolved"],
  ] as const)("a name that leads to %s is refused", async (_, rule, code) => {
    expect(await refusal(checkUntrustedUri(uri("node.example.com"), { network: "bc", ...rule }))).toBe(code);
  });

  it("the system's resolver is the default: localhost leads to loopback", async () => {
    expect(await refusal(checkUntrustedUri(uri("localhost"), { network: "bc" }))).toBe("not-public");
    const [found] = await checkUntrustedUri(uri("localhost"), { network: "bcrt" });
    expect(["127.0.0.1", "::1"]).toContain(found.host);
  });

  it("an onion address never goes to a name service", async () => {
    const onion = uri(`${"a".repeat(56)}.onion`);
    expect(await checkUntrustedUri(onion, { network: "bc", resolve: never })).toEqual([onion]);
  });

  it("an allow-listed node is dialed where the operator says, not where the card says", async () => {
    const trusted = [uri("192.168.1.5"), uri("issuer.example.com"), uri("10.0.0.9", OTHER)];
    const rule = { network: "bc", allowList: trusted, resolve: never } as const;
    expect(await checkUntrustedUri(uri("127.0.0.1"), rule)).toEqual(trusted.slice(0, 2));
  });

  it("with the list alone, every other node is refused, also at a public address", async () => {
    const rule = { network: "bcrt", allowList: [uri("192.168.1.5")], allowListOnly: true } as const;
    expect(await refusal(checkUntrustedUri(uri("8.8.8.8", OTHER), rule))).toBe("not-allowed");
    expect(await checkUntrustedUri(uri("8.8.8.8"), rule)).toEqual(rule.allowList);
  });

  it("says what to do", async () => {
    await expect(checkUntrustedUri(uri("127.0.0.1"), { network: "bc" })).rejects.toMatchObject({
      message: "127.0.0.1 is a loopback address; only public ones are dialed",
      hint: expect.stringContaining("allow-list"),
    });
    await expect(
      checkUntrustedUri(uri("node.example.com"), { network: "bc", ...names("10.0.0.1") }),
    ).rejects.toThrow("node.example.com leads to 10.0.0.1, which is a private address");
  });
});

describe("a web server that a stranger names", () => {
  it.each(vectors.addresses)(
    "a web server at $address, on mainnet and on regtest",
    async ({ address, scope }) => {
      const host = address.includes(":") ? `[${address}]` : address;
      const judged = (network: "bc" | "bcrt") => untrustedWebAddresses(host, { network, resolve: never });
      const outcome = (network: "bc" | "bcrt") => judged(network).then((found) => found.join(), refusedCode);
      expect(await outcome("bc")).toBe(scope === "public" ? address : "not-public");
      const isNear = ["loopback", "private", "link-local"].includes(scope);
      expect(await outcome("bcrt")).toBe(scope === "public" || isNear ? address : "not-public");
    },
  );

  it("a web server's name is refused for one address that is not public, and an onion host is not looked up", async () => {
    const mixed = { network: "bc", ...names("93.184.216.34", "10.0.0.1") } as const;
    expect(await untrustedWebAddresses("cards.example", mixed).catch(refusedCode)).toBe("not-public");
    const right = { network: "bc", ...names("93.184.216.34") } as const;
    expect(await untrustedWebAddresses("cards.example", right)).toEqual(["93.184.216.34"]);
    const onion = untrustedWebAddresses(`${"a".repeat(56)}.onion`, { network: "bc", resolve: never });
    expect(await onion.catch(refusedCode)).toBe("unresolved");
  });

  const refusedCode = (error: unknown): string =>
    error instanceof UntrustedUriError ? error.code : String(error);
});
