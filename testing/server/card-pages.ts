import { parsePrice } from "../../common/index.js";
import { PageDoor } from "../../issuer/card-page/page-door.js";
import { setCardPage } from "../../issuer/ledger/index.js";
import { newPageSecret, pageCodeHash, pageHashes } from "../../keys/index.js";
import { serveCardPages } from "../../server/card-page/serve.js";
import type { SigningCard } from "../cards/signing-card.js";
import type { Service } from "../issuer/service.js";
import { PAYEE } from "../nodes/scripted-node.js";
import { type ApiClient, apiClient } from "./api-client.js";

/** The code of every page that a test makes. */
export const CODE = "12345678";

/** Gives a card a page. @returns its secret */
export async function givePage({ store, clock }: Service, { cardId }: SigningCard): Promise<string> {
  const secret = newPageSecret();
  await setCardPage(store, cardId, await pageHashes(secret, CODE), clock.now);
  return secret;
}

/** The pages of an issuer's cards, served on this machine. @param payee what the stall of the test is called */
export async function servePagesOf(service: Service, { payee = "Bar", behindProxy = false } = {}) {
  const { store, clock } = service;
  const faults: string[] = [];
  // Every code has its turn at once: what is tested is not how fast they come.
  let paced = 0;
  let hashes = 0;
  const door = new PageDoor({
    store,
    clock: clock.read,
    monotonic: () => (paced += 1000),
    codeHash(secret, code) {
      hashes++;
      return pageCodeHash(secret, code);
    },
  });
  const audit: { entry: object; result: object | undefined }[] = [];
  const server = await serveCardPages({
    store,
    names: { payees: { [PAYEE]: payee }, price: parsePrice("50000eur", "rate"), desk: "Info tent" },
    http: { option: "--card-page", host: "127.0.0.1", port: 0, names: [], behindProxy },
    audit: {
      begin: (actor, entry) => audit.push({ entry: { ...actor, ...entry }, result: undefined }) - 1,
      end(line, result) {
        const { entry = {} } = audit[line] ?? {};
        audit[line] = { entry, result };
      },
    },
    onFault: (what) => faults.push(what),
    clock: clock.read,
    monotonic: clock.monotonic,
    door,
  });
  const ask = apiClient(server.url, undefined);
  return {
    url: server.url,
    faults,
    audit,
    /** Codes that were hashed. */
    hashes: () => hashes,
    /** Opens a page. */
    open: (secret: string, code = CODE, headers: Record<string, string> = {}): ReturnType<ApiClient> =>
      ask("POST", "/v1/open", { body: { secret, code }, headers }),
    read: (session: unknown): ReturnType<ApiClient> =>
      apiClient(server.url, String(session))("POST", "/v1/read"),
    block: (session: unknown, body: unknown = { confirmed: true }): ReturnType<ApiClient> =>
      apiClient(server.url, String(session))("POST", "/v1/block", { body }),
    ask,
    close: () => server.close(),
  };
}
