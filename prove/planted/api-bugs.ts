import { bug, bugsOf, type PlantedBug } from "./bug.js";

const story = (named: string) => ({ tests: "test/security/api.test.ts", named });
const till = (named: string) => ({ tests: "test/server/till.test.ts", named });
const attack = (named: string) => ({ tests: "test/security/browser.pages.test.ts", named });
const webhook = (named: string) => ({ tests: "test/server/webhooks.test.ts", named });

/** In the HTTP API. */
export const API_BUGS: readonly PlantedBug[] = bugsOf("api", [
  bug(
    "a request that is sent again opens a second sale",
    [till("its next start knows the requests of before")],
    [
      "server/requests.ts",
      "return row.status === null || row.answer === null",
      "return row.status !== undefined || row.answer === null",
    ],
    ["server/till/counter.ts", "    if (before) return before;\n", ""],
    ["server/till/charge-routes.ts", "        if (before) return shown(before.number);\n", ""],
  ),
  bug(
    "another request under a used key is answered like the first",
    [till("another one under its key is refused")],
    [
      "server/requests.ts",
      "if (!equalBytes(Uint8Array.from(row.digest), digest))",
      "if (digest.length === 0)",
    ],
  ),
  bug(
    "a revoked key still opens everything",
    [story("a stolen device key"), till("until it is revoked")],
    [
      "server/keys.ts",
      "row && isRight && row.revoked_at === null ? listed(row)",
      "row && isRight ? listed(row)",
    ],
  ),
  bug(
    "a key of any role refunds",
    [story("a stolen device key"), till("until it is revoked")],
    ["server/app.ts", "if (!mayDo(caller.role, role))", 'if (role === "desk" && !mayDo(caller.role, role))'],
  ),
  bug(
    "any name that points at the till is answered",
    [story("a stranger's name")],
    [
      "server/gate.ts",
      "if (name === undefined || !hosts.has(name))",
      "if (name === undefined && hosts.size > 0)",
    ],
  ),
  bug(
    "pages of other sites are answered",
    [story("another page in the same browser")],
    [
      "server/gate.ts",
      'if (isForeign || (site !== null && site !== "same-origin" && site !== "none"))',
      "if (isForeign && site !== null)",
    ],
  ),
  bug(
    "whatever another site's page asks for is taken for a link",
    [story("another page in the same browser")],
    ["server/gate.ts", "if (isPage && isVisit(headers)) return;", "if (isVisit(headers)) return;"],
  ),
  bug(
    "a page may be loaded by another site in any way",
    [story("a link on another site opens a page")],
    ["server/gate.ts", "if (isPage && isVisit(headers)) return;", "if (isPage) return;"],
  ),
  bug(
    "a link on another site opens no page",
    [story("a link on another site opens a page"), attack("a link on another site opens the till")],
    ["server/gate.ts", "  if (isPage && isVisit(headers)) return;\n", ""],
  ),
  bug(
    "event streams are not bounded",
    [story("a thousand event streams")],
    [
      "server/event-streams.ts",
      "if (this.#open.size >= MAX_STREAMS || own.length >= MAX_STREAMS_OF_KEY)",
      "if (own.length < 0)",
    ],
  ),
  bug(
    "a body is read whole, however long it is",
    [story("a huge body")],
    [
      "server/body.ts",
      'if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLong;',
      "",
    ],
    ["server/body.ts", "if (length > maxBytes) throw tooLong;", ""],
  ),
  bug(
    "a webhook's name may lead into a private network",
    [webhook("a name is judged at each delivery"), webhook("an address is public with TLS")],
    [
      "server/webhooks/address.ts",
      "if (wrong !== undefined)",
      "if (wrong !== undefined && found.length === 0)",
    ],
  ),
  bug(
    "the time of a delivery is not signed",
    [webhook("an event is kept once")],
    ["server/webhooks/send.ts", "update(`${time}.${body}`)", "update(body)"],
  ),
  bug(
    "a delivery that failed is not sent again",
    [webhook("is sent again after growing pauses")],
    ["server/webhooks/hooks.ts", 'next === undefined ? "given-up" : "waiting"', '"given-up"'],
  ),
]);
