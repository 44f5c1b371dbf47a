import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";
import { type FestivalFacts, festivalProblems } from "../offline-festival/books.js";
import { runOfflineFestivals } from "../offline-festival/campaign.js";
import { runOfflineFestival } from "../offline-festival/run.js";

const directory = newFolder();

let facts: FestivalFacts;
beforeAll(async () => {
  const run = await runOfflineFestival(4, directory);
  expect(run.problems).toEqual([]);
  if (!run.facts) throw new Error("the run did not come to its end");
  facts = run.facts;
}, 120_000);

describe("stalls and cards without a connection", () => {
  it("agree in all books, with bundles carried twice, late, in the wrong order and by two people", async () => {
    const budget = { seconds: Number.POSITIVE_INFINITY, units: 1 };
    const { failures, counts } = await runOfflineFestivals({ seed: 3, budget });
    expect(failures).toEqual([]);
    for (const how of ["twice", "late", "in the wrong order", "by two people"])
      expect(counts[`bundles carried ${how}`], how).toBeGreaterThan(0);
  }, 120_000);
});

describe("the books of a festival without connections", () => {
  const paid = () => {
    const sale = facts.sales.find(({ state }) => state === "paid");
    if (!sale) throw new Error("nothing was paid");
    return sale;
  };

  it("agree as they are", () => {
    expect(festivalProblems(facts)).toEqual([]);
  });

  it("do not agree when a merchant is paid twice for a sale", () => {
    const { hash, amount } = paid();
    const claims = new Map(facts.claims).set(hash, { times: 2, received: amount });
    expect(festivalProblems({ ...facts, claims })).toContain(`${hash} was claimed 2 times`);
    const sent = new Map(facts.sent).set(hash, 2);
    expect(festivalProblems({ ...facts, sent })).toEqual([`${hash} was paid 2 times`]);
  });

  it("do not agree when two invoices of one sale bring money", () => {
    const claims = new Map(facts.claims).set("ab".repeat(32), { times: 1, received: 1_000n });
    expect(festivalProblems({ ...facts, claims }).join("\n")).toContain(
      "brought money, and 0 sales are paid by it",
    );
  });

  it("do not agree when a stall lost more than its limits", () => {
    const { perCard, perTerminal } = facts.limits;
    const [sale] = facts.sales;
    if (!sale) throw new Error("nothing was accepted");
    const lost = {
      ...sale,
      state: "refused",
      reason: "36",
      hash: "cd".repeat(32),
      from: 1_000_000,
      until: undefined,
    };
    const above = (amount: bigint) =>
      festivalProblems({ ...facts, sales: [...facts.sales, { ...lost, amount }] });
    expect(above(perCard + 1n).join("\n")).toContain(`of one card are at stake, ${perCard} are allowed`);
    expect(above(perTerminal + 1n).join("\n")).toContain(`msat are at stake, ${perTerminal} are allowed`);
  });

  it("do not agree when an accepted sale is gone, without a reason, or paid with nothing", () => {
    const change = (changes: Partial<FestivalFacts["sales"][number]>) =>
      festivalProblems({
        ...facts,
        sales: facts.sales.map((sale) => (sale === paid() ? { ...sale, ...changes } : sale)),
      });
    expect(change({ state: undefined }).join("\n")).toContain("was accepted and is gone");
    expect(change({ state: "accepted" }).join("\n")).toContain("is accepted, and the node received");
    expect(change({ received: 1n }).join("\n")).toContain("says 1 msat came");
    expect(change({ state: "refused", reason: undefined, hash: "ef".repeat(32) }).join("\n")).toContain(
      "is refused without a reason",
    );
  });

  it("do not agree when an msat of the guarantee is not booked", () => {
    const { ledger } = facts;
    const owed = { ...ledger, owed: ledger.owed + 1n };
    expect(festivalProblems({ ...facts, ledger: owed }).join("\n")).toContain("the guarantee has");
    const lent = new Map(ledger.lent).set(paid().hash, 1n);
    expect(festivalProblems({ ...facts, ledger: { ...ledger, lent } }).join("\n")).toContain(
      "1 msat were lent for",
    );
  });
});
