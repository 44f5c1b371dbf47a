import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, sat, secp256k1 } from "../../common/index.js";
import { offlineConfigSchema } from "../../issuer/authorizer/offline-config.js";
import { blockCard, cashOutCard, replaceCard, unblockCard } from "../../issuer/ledger/index.js";
import { listPacks, packGround, recordPack, revokePacks } from "../../issuer/ledger/packs.js";
import { makePack } from "../../issuer/service/index.js";
import { brokenPromises } from "../../issuer/service/offline.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { openPack } from "../../offline/pack-file.js";
import { KEY_SET_ID, SigningCard } from "../../testing/cards/signing-card.js";
import { packRow, TERMINAL } from "../../testing/issuer/offline.js";
import { Bench, type Service, START, startService } from "../../testing/issuer/service.js";
import { TERMINAL_KEY } from "../../testing/offline/pack.js";

const bench = new Bench();
afterAll(() => bench.close());

const KINDS: readonly StoreKind[] = ["sqlite", "postgres"];
const DAY = 86_400;

async function certified(service: Service, number: number, validUntil = START / 1000 + 5 * DAY) {
  const card = new SigningCard(number, new Uint8Array(16).fill(0x33), sat(1000));
  if (validUntil > 0) card.certificate = { offlineLimit: sat(100), validUntil };
  return await service.register(card);
}

describe.each(KINDS)("acceptance packs on %s", (kind) => {
  it("deny every certified card that is not in use or contradicted itself", async () => {
    await using service = await startService(bench, kind);
    const { store } = service;
    const cards = [];
    for (const number of [1, 2, 3, 4, 5, 6, 7]) cards.push(await certified(service, number));
    const [good, blocked, paidOut, lost, fresh, clone, unblocked] = cards as SigningCard[];
    const bare = await certified(service, 8, 0);
    const expired = await certified(service, 9, START / 1000);
    for (const card of [blocked, unblocked, bare, expired])
      await blockCard(store, (card as SigningCard).cardId, START);
    await unblockCard(store, (unblocked as SigningCard).cardId, START);
    await cashOutCard(store, (paidOut as SigningCard).cardId, "", START);
    await replaceCard(store, (lost as SigningCard).cardId, (fresh as SigningCard).cardId, START);
    const invoice = service.invoice(1, sat(1));
    await service.present((clone as SigningCard).token({ counter: 1, updateSequence: 9 }), invoice);
    const two = service.invoice(2, sat(1));
    const tapped = (clone as SigningCard).authorize(two, sat(1));
    await service.present(tapped, two);
    const other = service.invoice(3, sat(1));
    await service.present((clone as SigningCard).token({ invoiceHash: invoiceHash(other) }), other);
    await unblockCard(store, (clone as SigningCard).cardId, START);
    const { denied } = await packGround(store, [KEY_SET_ID], START);
    expect(denied.map(bytesToHex).sort()).toEqual(
      [blocked, paidOut, lost, clone].map((card) => bytesToHex((card as SigningCard).cardId)).sort(),
    );
    expect(denied).not.toContainEqual((good as SigningCard).cardId);
    expect((await packGround(store, [Uint8Array.of(0, 0, 0, 9)], START)).denied).toEqual([]);
  });

  it("have a sequence that only grows, also after the ledger came from a backup or the clock was set back", async () => {
    await using service = await startService(bench, kind);
    const { store } = service;
    const ground = await packGround(store, [KEY_SET_ID], START);
    expect(ground).toMatchObject({ newest: 0n, sequence: BigInt(START / 1000) });
    await recordPack(store, packRow({ sequence: ground.sequence }));
    const back = await packGround(store, [KEY_SET_ID], START - DAY * 1000);
    expect(back).toMatchObject({ newest: ground.sequence, sequence: ground.sequence + 1n });
  });

  it("are never made twice from one state of the deny list", async () => {
    await using service = await startService(bench, kind);
    const { store } = service;
    expect(await recordPack(store, packRow({ sequence: 5n, follows: 0n }))).toBe(true);
    expect(await recordPack(store, packRow({ sequence: 6n, follows: 0n }))).toBe(false);
    expect(await recordPack(store, packRow({ sequence: 6n, follows: 5n }))).toBe(true);
    expect((await listPacks(store.db)).map(({ sequence }) => sequence)).toEqual([6n, 5n]);
  });

  it("are not made for a terminal whose packs were revoked, nor under a configuration that breaks those in use", async () => {
    await using service = await startService(bench, kind);
    const { store, ports, config } = service;
    const offline = offlineConfigSchema.parse({ guarantee: { perCard: "5000sat", total: "8000sat" } });
    const authorizer = { ...config, presentationAgeMs: 259_200_001 };
    const keys = await bench.keys();
    const terminal = secp256k1.publicKey(TERMINAL_KEY);
    const uri = `${bytesToHex(ports.nodeId)}@127.0.0.1:9735`;
    const request = {
      terminal,
      label: "Bar 1",
      payee: ports.nodeId,
      name: "Festival",
      nodes: [parseNodeUri(uri)],
    };
    const make = (changes: Partial<Parameters<typeof makePack>[0]["config"]> = {}) =>
      makePack({ store, keys, config: { offline, authorizer, network: "bcrt", ...changes } }, request, START);
    await expect(make({ offline: undefined })).rejects.toThrow("offline: need this section");
    const short = { ...authorizer, presentationAgeMs: 259_200_000 };
    await expect(make({ authorizer: short })).rejects.toThrow("authorizer/presentationAgeMs: need more than");
    const made = await Promise.all([make(), make()]);
    const sequences = made.map(({ pack }) => pack.sequence);
    expect(new Set(sequences).size).toBe(2);
    expect(openPack((made[0] as (typeof made)[number]).file, TERMINAL_KEY)).toEqual(made[0]?.pack);
    const lower = offlineConfigSchema.parse({ guarantee: { perCard: "4999sat", total: "8000sat" } });
    expect(await brokenPromises(store, { offline: lower, authorizer }, START)).toEqual([
      "offline/guarantee/perCard: need at least 5,000 sat, which a pack in use promises, have 4,999 sat",
    ]);
    expect(await brokenPromises(store, { offline, authorizer: short }, START)).toHaveLength(1);
    expect(await brokenPromises(store, { offline, authorizer }, START)).toEqual([]);
    await expect(make({ offline: lower })).rejects.toThrow("offline/guarantee/perCard");
    await revokePacks(store, terminal, START);
    await expect(make()).rejects.toThrow("the packs of this terminal's key were revoked");
    expect(await brokenPromises(store, { authorizer: short }, START)).toEqual([]);
  });

  it("are revoked all together for their terminal, which gets no more", async () => {
    await using service = await startService(bench, kind);
    const { store } = service;
    const other = Buffer.alloc(33, 9);
    await recordPack(store, packRow({ sequence: 5n }));
    await recordPack(store, packRow({ sequence: 6n, follows: 5n }));
    await recordPack(store, packRow({ sequence: 7n, follows: 6n, terminal: other }));
    expect(await revokePacks(store, TERMINAL, START)).toMatchObject([{ sequence: 5n }, { sequence: 6n }]);
    expect(await revokePacks(store, TERMINAL, START + 1)).toEqual([]);
    expect(await listPacks(store.db, START)).toMatchObject([{ sequence: 7n }]);
    await expect(recordPack(store, packRow({ sequence: 8n, follows: 7n }))).rejects.toMatchObject({
      code: "wrong-state",
    });
    await expect(revokePacks(store, Buffer.alloc(33, 8), START)).rejects.toMatchObject({
      code: "unknown-pack",
    });
    const end = START + 10 * DAY * 1000;
    expect(await listPacks(store.db, end)).toHaveLength(1);
    expect(await listPacks(store.db, end + 1)).toEqual([]);
  });
});
