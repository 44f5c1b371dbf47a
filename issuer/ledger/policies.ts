import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { type Policy, policySchema, printPolicy } from "../policy/schema.js";
import type { Db, Tx } from "../store/types.js";
import { blob } from "../store/values.js";

/** Policies held in memory; events have a handful. */
const CACHED = 1000;

/** The row of a policy, made when there is none yet. */
export async function internPolicy(tx: Tx, policy: Policy): Promise<bigint> {
  const json = printPolicy(policy);
  const hash = blob(sha256(utf8(json)));
  await tx
    .insertInto("policies")
    .values({ hash, json })
    .onConflict((conflict) => conflict.column("hash").doNothing())
    .execute();
  const row = await tx
    .selectFrom("policies")
    .select("policy")
    .where("hash", "=", hash)
    .executeTakeFirstOrThrow();
  return row.policy;
}

/** Policies by their row, read once: a row never changes. */
export class PolicyCache {
  readonly #policies = new Map<bigint, Policy>();

  async get(tx: Tx | Db, policy: bigint): Promise<Policy> {
    const known = this.#policies.get(policy);
    if (known) return known;
    const row = await tx
      .selectFrom("policies")
      .select("json")
      .where("policy", "=", policy)
      .executeTakeFirstOrThrow();
    const { data: read } = policySchema.safeParse(JSON.parse(row.json));
    if (!read) throw new ParseError("policy", `row ${policy} of the ledger cannot be read`);
    if (this.#policies.size >= CACHED) this.#policies.clear();
    this.#policies.set(policy, read);
    return read;
  }
}
