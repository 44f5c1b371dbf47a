import { describe, expect, it } from "vitest";
import { authorizerConfigSchema } from "../../issuer/authorizer/index.js";
import { offlineConfigSchema } from "../../issuer/authorizer/offline-config.js";
import { boltCardsConfigSchema } from "../../issuer/bolt-cards/config.js";
import {
  configTemplate,
  databaseName,
  parseServiceConfig,
  serviceConfigSchema,
} from "../../issuer/service/index.js";

const PATH = "/srv/issuer/issuer.yaml";
const TEMPLATE = configTemplate({ database: "ledger.db", keys: "issuer.keys", node: "node" });

/** Every commented option turned on, with the value that it is written with. */
const uncommented = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(/^# (?=(?:[a-z]\w*:| {2}[a-z]\w*:))/, ""))
    .join("\n");

describe("the service's configuration", () => {
  it("has a default for everything, and paths within its folder", () => {
    expect(parseServiceConfig("", PATH)).toMatchObject({
      network: "bcrt",
      database: { sqlite: "/srv/issuer/ledger.db" },
      keys: "/srv/issuer/issuer.keys",
      node: "/srv/issuer/node",
      monitor: { host: "127.0.0.1", port: 9740 },
      payees: {},
      policies: {},
      authorizer: authorizerConfigSchema.parse({}),
    });
  });

  it("is written with every option and its true default", () => {
    const defaults = parseServiceConfig("", PATH);
    expect(parseServiceConfig(TEMPLATE, PATH)).toEqual(defaults);
    const open = uncommented(TEMPLATE);
    // Sections that are off by default; the one for offline terminals wants a longer presentation age.
    const without = (text: string, name: string): string =>
      text.replace(new RegExp(`^${name}:\\n(?:(?: {2}|# {3}).*\\n)+`, "m"), "");
    expect(parseServiceConfig(without(without(open, "offline"), "boltCards"), PATH)).toEqual(defaults);
    const late = open.replace("presentationAgeMs: 86400000", "presentationAgeMs: 259200001");
    expect(parseServiceConfig(late, PATH).offline).toEqual(
      offlineConfigSchema.parse({ guarantee: { perCard: "20000sat", total: "1000000sat" } }),
    );
    expect(parseServiceConfig(without(open, "offline"), PATH).boltCards).toEqual(
      boltCardsConfigSchema.parse({ address: "https://cards.festival.example" }),
    );
    for (const name of Object.keys(serviceConfigSchema.shape))
      expect(open).toMatch(new RegExp(`^${name}:`, "m"));
    for (const name of Object.keys(authorizerConfigSchema.shape))
      expect(open).toMatch(new RegExp(`^  ${name}:`, "m"));
  });

  it.each([
    [259_200, 259_200_000, "the forwarding window of 3 days"],
    [86_400, 86_400_000, "the forwarding window of 1 day"],
    [7_200, 7_200_000, "the forwarding window of 2 hours"],
    [3_601, 3_601_000, "the forwarding window of 3601 seconds"],
  ])(
    "is refused when the presentation age is not above a forwarding window of %s seconds",
    (window, age, words) => {
      const text = (ms: number) =>
        `offline: { forwardingWindowSeconds: ${window} }\nauthorizer: { presentationAgeMs: ${ms} }`;
      expect(() => parseServiceConfig(text(age), PATH)).toThrow(
        `authorizer/presentationAgeMs: need more than ${age}, ${words} in which offline terminals present what they accepted, have ${age}`,
      );
      expect(parseServiceConfig(text(age + 1), PATH).authorizer.offline?.forwardingWindowSeconds).toBe(
        window,
      );
    },
  );

  it.each([
    ["perCard: 0sat, total: 1sat", "offline/guarantee: need an amount above 0 for one card"],
    ["perCard: 2sat, total: 1sat", "offline/guarantee: need an amount above 0 for one card"],
    ["perCard: 2sat", "offline/guarantee/total"],
  ])("is refused with the guarantee { %s }", (guarantee, words) => {
    const text = `offline: { guarantee: { ${guarantee} } }\nauthorizer: { presentationAgeMs: 604800000 }`;
    expect(() => parseServiceConfig(text, PATH)).toThrow(words);
  });

  it("takes an lnd as its node, whose files are relative to it, on any network", () => {
    const lnd =
      "node: { type: lnd, address: 10.0.0.2:10009, certificate: tls.cert, macaroon: /etc/a.macaroon }";
    expect(parseServiceConfig(`network: mainnet\n${lnd}`, PATH)).toMatchObject({
      network: "bc",
      node: "/srv/issuer/node",
      lnd: {
        address: "10.0.0.2:10009",
        certificate: "/srv/issuer/tls.cert",
        macaroon: "/etc/a.macaroon",
        realMoney: false,
      },
    });
    expect(() => parseServiceConfig("network: mainnet", PATH)).toThrow(/network: need regtest/);
    expect(() => parseServiceConfig("network: moon", PATH)).toThrow(
      /network: need mainnet, testnet, signet or regtest/,
    );
    expect(() => parseServiceConfig("node: { type: lnd, address: nowhere }", PATH)).toThrow(/node/);
  });

  it("takes a server, other addresses, policies", () => {
    const config = parseServiceConfig(
      `database: { postgres: "postgresql://issuer:s3cret@db/ledger" }
keys: /etc/issuer.keys
monitor: "[::1]:0"
policies: { staff: { maxPerTransaction: 100sat } }
authorizer: { leaseMs: 5000 }`,
      PATH,
    );
    expect(config).toMatchObject({
      database: { connections: 5 },
      keys: "/etc/issuer.keys",
      monitor: { host: "::1", port: 0 },
      policies: { staff: { maxPerTransaction: 100_000n, maxTotalCltv: 1008 } },
      authorizer: { leaseMs: 5000, maxInFlight: 1000 },
    });
    expect(parseServiceConfig("monitor: off", PATH)).toMatchObject({
      monitor: undefined,
      maxTopUp: 1_000_000_000n,
    });
    expect(parseServiceConfig("maxTopUp: 5sat", PATH).maxTopUp).toBe(5000n);
    expect(
      parseServiceConfig(
        configTemplate({ database: "postgresql://u@/l?host=/run", keys: "k", node: "n" }),
        PATH,
      ).database,
    ).toEqual({ postgres: "postgresql://u@/l?host=/run", connections: 5 });
  });

  it.each([
    ["maxTopUp: 2500", "maxTopUp: "],
    ["network: bc", "network: need regtest"],
    ["monitor: 0.0.0.0:9740", "monitor: need an address of this machine"],
    ["monitor: '[::]:9740'", "monitor: need an address of this machine"],
    ["monitor: 127.0.0.1", "monitor: need host:port"],
    ["monitor: localhost:99999", "monitor: need host:port"],
    ["database: { sqlite: a, postgres: postgresql://b/c }", "database: need either"],
    ["database: { postgres: mysql://b/c }", "database/postgres: need an address"],
    ["timeZone: Mars/Olympus", "timeZone: need a time zone"],
    ["policies: { a: { maxPer24h: 5 } }", "policies/a/maxPer24h"],
    ["authorizer: { leaseMs: 1 }", "authorizer/leaseMs"],
    ["logLevel: loud", "logLevel"],
    ["pasword: x", "pasword"],
    ["keys: a\nkeys: b", "line 2"],
    ["keys: &a b\nnode: *a", "aliases are not allowed"],
    ["- a list", "configuration"],
  ])("names what is wrong with %j", (text, message) => {
    expect(() => parseServiceConfig(text, PATH)).toThrow(message);
  });

  it("names every mistake at once", () => {
    const bad = "network: moon\nlogLevel: loud\nauthorizer: { maxBatch: 0, leaseMs: x }\nother: 1";
    expect(() => parseServiceConfig(bad, PATH)).toThrow(/^\/srv\/issuer\/issuer.yaml: 5 mistakes:/);
  });

  it("never prints a password", () => {
    for (const postgres of [
      "postgresql://issuer:s3cret@db/ledger",
      "postgres://issuer@db/ledger?password=s3cret&host=/run",
      "postgresql://issuer:s3%40cret@/ledger",
    ]) {
      const name = databaseName({ postgres, connections: 5 });
      expect(name).not.toContain("s3");
      expect(name).toContain("issuer@");
    }
    expect(databaseName({ sqlite: "/a/b.db" })).toBe("/a/b.db");
  });
});
