import { bytesToHex, msat } from "../../common/index.js";
import type { NodeFaults } from "../../testing/nodes/fake-node.js";
import type { SeededRandom } from "../../testing/random.js";
import type { Faults } from "./faults.js";
import type { VirtualTime } from "./virtual-time.js";

/** What everything in the simulated world lives in. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly random: SeededRandom;
}

/**
 * Lines and routes between nodes: messages come late, twice, in another order or never, payments fail or are pending for minutes.
 * @param holding payments that their payee keeps pending, by hash, until a moment of the simulated time
 */
export function faultyLines(
  { time, faults, random }: Surroundings,
  holding: ReadonlyMap<string, number>,
): NodeFaults {
  /** When the last message of each line arrives. */
  const last = new Map<string, number>();
  return {
    carry(from, to, deliver) {
      const line = `${bytesToHex(from.nodeId)}>${bytesToHex(to.nodeId)}`;
      for (let copies = faults.copies(); copies > 0; copies--) {
        const at = time.now + faults.delay();
        // A connection keeps the order of its messages; here they overtake each other as well, until all is healed.
        const arrival = faults.on ? at : Math.max(at, last.get(line) ?? 0);
        last.set(line, arrival);
        void time.sleep(arrival - time.now).then(() => {
          if (from.isConnected(to) && !to.isDown) deliver();
        });
      }
    },
    async route({ hash, maxFee, payer, payee, arrive }) {
      await time.sleep(faults.routeDelay());
      if (!payee || faults.routeFails()) return { state: "failed", reason: "no route" };
      while (payee.isDown || (holding.get(hash) ?? 0) > time.now) await time.sleep(1_000);
      const preimage = arrive();
      await time.sleep(faults.routeDelay());
      while (payer.isDown) await time.sleep(1_000);
      if (!preimage) return { state: "failed", reason: "refused by the payee" };
      // Half of those who route take all that the payment may cost.
      const fee = random.oneIn(2) ? maxFee : msat(BigInt(random.below(4)) * (maxFee / 4n));
      return { state: "settled", preimage, fee };
    },
  };
}
