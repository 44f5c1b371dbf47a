import { describe, expect, it, test } from "vitest";
import { addressOwner } from "../../lightning/address-scope.js";
import { FairQueue } from "../../lightning/nodes/ldk/fair-queue.js";
import { KnownPeers } from "../../lightning/nodes/ldk/known-peers.js";
import { Places } from "../../lightning/nodes/ldk/places.js";
import { NodeStore } from "../../lightning/nodes/ldk/store.js";

interface Named {
  readonly address: string;
  readonly name: string;
}
const guest = (address: string, name: string): Named => ({ address, name });

describe("places for connections", () => {
  it("an address with too many loses the one of its own that has been idle longest", () => {
    const places = new Places<Named>({ max: 10, maxPerAddress: 2 });
    const [first, second, third] = [guest("a", "1"), guest("a", "2"), guest("a", "3")];
    const other = guest("b", "1");
    for (const one of [other, first, second]) expect(places.add(one)).toBeUndefined();
    places.touch(first);
    expect(places.add(third)).toBe(second);
    expect(places.size).toBe(3);
  });

  it("when all are taken, the address that has most loses one; an address with one keeps it", () => {
    const places = new Places<Named>({ max: 3, maxPerAddress: 3 });
    const alone = guest("b", "1");
    const [first, second] = [guest("a", "1"), guest("a", "2")];
    for (const one of [alone, first, second]) places.add(one);
    expect(places.add(guest("c", "1"))).toBe(first);
  });

  it("among addresses that have as many, the one idle longest goes, and never the newest", () => {
    const places = new Places<Named>({ max: 3, maxPerAddress: 3 });
    const guests = ["a", "b", "c"].map((address) => guest(address, "1"));
    for (const one of guests) places.add(one);
    const [first, second, third] = guests;
    if (first) places.touch(first);
    expect(places.add(guest("d", "1"))).toBe(second);
    expect(places.add(guest("e", "1"))).toBe(third);
  });

  it("who left makes room", () => {
    const places = new Places<Named>({ max: 1, maxPerAddress: 1 });
    const first = guest("a", "1");
    places.add(first);
    places.delete(first);
    expect([places.size, places.add(guest("b", "1"))]).toEqual([0, undefined]);
  });
});

describe("the queue for a node's attention", () => {
  it("takes turns between addresses, however many wait at one of them", () => {
    const queue = new FairQueue<Named>();
    for (const name of ["1", "2", "3"]) queue.push(guest("a", name));
    queue.push(guest("b", "1"));
    const order = Array.from({ length: 5 }, () => queue.next()).map((one) => one && one.address + one.name);
    expect(order).toEqual(["a1", "b1", "a2", "a3", undefined]);
  });

  it("holds everybody once, and forgets who left", () => {
    const queue = new FairQueue<Named>();
    const [first, second] = [guest("a", "1"), guest("a", "2")];
    for (const one of [first, first, second]) queue.push(one);
    queue.delete(first);
    expect([queue.size, queue.next(), queue.next()]).toEqual([1, second, undefined]);
  });
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "20010db800010002"],
  ["2001:db8:1:2::9%eth0", "20010db800010002"],
  ["::1", "0000000000000000"],
])("connections from %s are counted for %s", (address, owner) => {
  expect(addressOwner(address)).toBe(owner);
});

describe("peers that have asked successfully", () => {
  const id = (i: number) => `02${i.toString(16).padStart(64, "0")}`;

  it("are known after a restart", () => {
    const store = new NodeStore(undefined);
    const known = new KnownPeers(store);
    known.add(id(1));
    known.add(id(2));
    const again = new KnownPeers(store);
    expect([again.has(id(1)), again.has(id(2)), again.has(id(3))]).toEqual([true, true, false]);
    store.close();
  });

  it("are a bounded number; who asked longest ago is forgotten first", () => {
    const store = new NodeStore(undefined);
    const known = new KnownPeers(store);
    for (let i = 0; i < 1024; i++) known.add(id(i));
    known.add(id(0));
    known.add(id(2000));
    expect([known.has(id(0)), known.has(id(1)), known.has(id(2))]).toEqual([true, false, true]);
    expect(store.getState("known-peers")).toHaveLength(1024 * 33);
    store.close();
  });
});
