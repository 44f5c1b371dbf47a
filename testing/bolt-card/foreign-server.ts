import { type ChildProcess, fork } from "node:child_process";
import { hexToBytes } from "../../common/bytes.js";
import { type NtagPersonalization, provisionNtag } from "../../simulator/index.js";
import { gone } from "../processes/gone.js";
import type { ForeignOrder } from "./foreign-server-process.js";

/** Keys and UID of the card that the foreign server has given out. */
const FOREIGN_CARD = {
  uid: "04996c6a926980",
  k1: "0c3b25d92b38ae443229dd59ad34b85d",
  k2: "b45775776cb224c75bcde7ca3704e933",
} as const;

/** Where it is asked by HTTPS: a name that a terminal of the test resolves. */
export const TLS_NAME = "cards.example";

/** What the server tells of itself, in order. */
interface Told {
  readonly offered?: number | "wrong";
  readonly called?: { readonly k1: string; readonly pin?: string };
  readonly elsewhere?: string;
  readonly closed?: "whole" | "cut";
  readonly pay?: string;
  readonly port?: number;
}

/**
 * Starts a server of Bolt Cards in a process of its own.
 * @param program that `buildProgram` made of `testing/bolt-card/foreign-server-process.ts`
 * @param pay pays an invoice with the server's node @returns whether it did
 */
export async function startForeignServer(
  program: string,
  pay: (invoice: string) => Promise<boolean>,
  order: Omit<ForeignOrder, "k1" | "k2"> = {},
) {
  const { k1, k2 } = FOREIGN_CARD;
  const child: ChildProcess = fork(program, [JSON.stringify({ k1, k2, ...order })]);
  const told: Told[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the foreign server ended with ${code}`)));
    child.on("message", (message: Told) => {
      told.push(message);
      if (message.port !== undefined) resolve(message.port);
      const { pay: invoice } = message;
      if (invoice !== undefined)
        void pay(invoice).then(
          (done) => child.connected && child.send({ paid: invoice, done }, () => undefined),
        );
    });
  });
  const address = `lnurlw://${order.tls ? TLS_NAME : "127.0.0.1"}:${port}/ln`;
  return {
    port,
    address,
    /** Every callback that came in. */
    calls: () => told.flatMap(({ called }) => called ?? []),
    offers: () => told.flatMap(({ offered }) => offered ?? []),
    elsewhere: () => told.flatMap(({ elsewhere }) => elsewhere ?? []),
    closed: () => told.flatMap(({ closed }) => closed ?? []),
    /** A card of this server. */
    card: (more: Partial<NtagPersonalization> = {}) =>
      provisionNtag({
        ...{ uid: hexToBytes(FOREIGN_CARD.uid), address },
        ...{ piccKey: hexToBytes(k1), macKey: hexToBytes(k2), ...more },
      }),
    async stop() {
      child.kill("SIGKILL");
      await gone(child);
    },
  };
}
