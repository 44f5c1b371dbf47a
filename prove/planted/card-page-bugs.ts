import { bug, bugsOf, type PlantedBug } from "./bug.js";

const story = (named: string) => ({ tests: "test/security/card-page.test.ts", named });
const ledger = (named: string) => ({ tests: "test/issuer/card-page.test.ts", named });
const server = (named: string) => ({ tests: "test/server/card-page.test.ts", named });
const page = (named: string) => ({ tests: "test/pages/card.pages.test.ts", named });
const made = (named: string) => ({ tests: "test/personalize/card-page.test.ts", named });

/** In the pages of cards. */
export const CARD_PAGE_BUGS: readonly PlantedBug[] = bugsOf("card page", [
  bug(
    "a code is compared before its try is counted",
    [
      story("guesses that are sent all at once"),
      ledger("lets no number of requests at once"),
      ledger("while a try is counted"),
    ],
    [
      "issuer/card-page/page-door.ts",
      "const tried = await countPageTry(this.#store, who, this.#unknown.of(key), now);",
      "await this.#codeHash(secret, code);\n    const tried = await countPageTry(this.#store, who, this.#unknown.of(key), now);",
    ],
  ),
  bug(
    "tries of one page are counted side by side",
    [ledger("postgres.*lets no number of requests at once")],
    ["issuer/ledger/page-tries.ts", 'store.kind === "postgres" ? query.forUpdate() : query', "query"],
    ["issuer/ledger/page-tries.ts", "tries = excluded.tries,", "tries = card_page_tries.tries,"],
  ),
  bug(
    "wrong codes lock nobody",
    [story("who photographed the card's back"), ledger("locks longer after each wrong code")],
    [
      "issuer/ledger/page-tries.ts",
      "const until = Math.max(own.lockedUntil, sharedFrom);",
      "const until = sharedFrom;",
    ],
  ),
  bug(
    "the lock never grows",
    [ledger("locks longer after each wrong code")],
    [
      "issuer/ledger/page-tries.ts",
      "LOCKS_MS[Math.min(tries - FREE_TRIES, LOCKS_MS.length - 1)]",
      "LOCKS_MS[0]",
    ],
  ),
  bug(
    "many networks have no common bound",
    [ledger("lets many networks together")],
    [
      "issuer/ledger/page-tries.ts",
      "const until = Math.max(own.lockedUntil, sharedFrom);",
      "const until = own.lockedUntil;",
    ],
  ),
  bug(
    "every network's wrong codes lock everybody",
    [story("who knows the secret cannot keep the holder out"), ledger("stays open to its holder")],
    [
      "issuer/card-page/page-door.ts",
      'taggedHash("chequecard/card-page/visitor", utf8(secret), utf8(network))',
      'taggedHash("chequecard/card-page/visitor", utf8(secret))',
    ],
  ),
  bug(
    "an unknown secret is answered without hashing a code",
    [story("secrets that are no card's"), ledger("does the same work")],
    [
      "issuer/card-page/page-door.ts",
      "if (!page) this.#unknown.count(key, now);",
      'if (!page) return { kind: "wrong" };',
    ],
  ),
  bug(
    "a revoked secret still opens",
    [story("secrets that are no card's"), ledger("does the same work")],
    [
      "issuer/card-page/page-door.ts",
      "if (!page || !isRight || page.revoked_at !== null)",
      "if (!page || !isRight)",
    ],
  ),
  bug(
    "a session outlives its secret",
    [story("a session that was overheard"), server("a session ends after ten minutes")],
    [
      "server/card-page/app.ts",
      "if (page && (await isOpenPage(store.db, page.card, page.secretHash))) return page;",
      "if (page) return page;",
    ],
  ),
  bug(
    "a session never ends",
    [server("a session ends after ten minutes")],
    ["server/card-page/sessions.ts", "if (until > now) return;", "if (until > 0) return;"],
  ),
  bug(
    "any number of codes waits to be hashed",
    [story("a flood of wrong codes")],
    ["issuer/card-page/hash-queue.ts", "this.#count >= MAX_WAITING ||", "this.#count < 0 ||"],
  ),
  bug(
    "a visitor behind a proxy says itself where it comes from",
    [server("behind a proxy a visitor is who the proxy says")],
    ["server/card-page/visitor.ts", 'header?.split(",").at(-1)', 'header?.split(",").at(0)'],
  ),
  bug(
    "a card is blocked without being asked",
    [server("a page blocks its card once it is confirmed")],
    ["server/card-page/app.ts", "confirmed: z.literal(true)", "confirmed: z.boolean().optional()"],
  ),
  bug(
    "the page of a replaced card shows what is on the new one",
    [server("a page says that its card was paid out"), story("the code of a letter that was found")],
    [
      "issuer/reports/card-page.ts",
      "const entry = await showCard(tx, cardIdOf(card));",
      'const next = await tx.selectFrom("cards").select("card").where("replaces", "=", card).executeTakeFirst();\n    const entry = await showCard(tx, cardIdOf(next?.card ?? card));',
    ],
  ),
  bug(
    "another secret leaves the one before open",
    [ledger("renewed opens to the new secret alone")],
    [
      "issuer/ledger/card-pages.ts",
      "await removePage(tx, card);",
      'await tx.deleteFrom("card_page_tries").execute();\n    if (await findCardPage(tx, cardId)) return;',
    ],
  ),
  bug(
    "a code is salted with nothing that the ledger has not",
    [ledger("a ledger has neither secret nor code")],
    [
      "keys/page-secret.ts",
      'const salt = taggedHash("chequecard/card-page/code", Buffer.from(secret, "base64url"));',
      'const salt = taggedHash("chequecard/card-page/code");',
    ],
  ),
  bug(
    "the ledger says from where a page was tried",
    [story("a stolen ledger has neither")],
    [
      "issuer/card-page/page-door.ts",
      'taggedHash("chequecard/card-page/visitor", utf8(secret), utf8(network))',
      "utf8(network.padEnd(32).slice(0, 32))",
    ],
  ),
  bug(
    "a letter has the secret beside the code",
    [made("have the address in the label")],
    ["personalize/printable.ts", "texts.codeUse(new URL(address).origin)", "texts.codeUse(address)"],
  ),
  bug(
    "labels with secrets are for everybody to read",
    [made("have the address in the label")],
    ["personalize/labels.ts", "isSecret ? 0o600 : 0o644", "0o644"],
  ),
  bug(
    "a block by the holder leaves no line in the audit log",
    [server("a page blocks its card once it is confirmed")],
    ["server/card-page/app.ts", 'end("done", {});', ""],
  ),
  bug(
    "a holder is asked once before a card is blocked",
    [page("blocks its card once that was confirmed twice")],
    ["web/card/block-button.tsx", 'onClick={() => setAsked("second")}', "onClick={() => void confirm()}"],
  ),
  bug(
    "what was wrong before is said beside a card that was blocked",
    [page("has nothing that axe finds on any of its screens")],
    ["web/card/card-page.tsx", "    setNotice(undefined);\n    setOpened((now)", "    setOpened((now)"],
  ),
  bug(
    "the secret goes into an address that a server sees",
    [page("opens from its QR code")],
    [
      "web/card/card-api.ts",
      'ask("/v1/open", { secret, code })',
      'ask("/v1/open?" + secret, { secret, code })',
    ],
  ),
  bug(
    "an opened page stays open when its secret is revoked",
    [page("closes when its secret is revoked")],
    ["web/card/card-page.tsx", 'answer.refusal.code === "no-session"', 'answer.refusal.code === "never"'],
  ),
]);
