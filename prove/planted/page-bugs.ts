import { bug, bugsOf, type PlantedBug } from "./bug.js";

const attack = (named: string) => ({ tests: "test/security/browser.pages.test.ts", named });
const hostile = (named: string) => ({ tests: "test/pages/hostile-texts.pages.test.ts", named });
const reconnect = (named: string) => ({ tests: "test/pages/reconnect.pages.test.ts", named });
const shell = (named: string) => ({ tests: "test/pages/shell.pages.test.ts", named });

/** In the pages of browsers and in what serves them. */
export const PAGE_BUGS: readonly PlantedBug[] = bugsOf("pages", [
  bug(
    "the policy of pages allows inline script",
    [attack("runs no script")],
    ["server/pages/serve.ts", "\"script-src 'self'\"", "\"script-src 'self' 'unsafe-inline'\""],
    ["server/pages/serve.ts", "  \"require-trusted-types-for 'script'\",\n", ""],
  ),
  bug(
    "the policy of pages lets them ask any server",
    [attack("runs no script")],
    ["server/pages/serve.ts", "\"connect-src 'self'\"", '"connect-src *"'],
  ),
  bug(
    "a text may become HTML",
    [attack("runs no script")],
    ["server/pages/serve.ts", "  \"require-trusted-types-for 'script'\",\n", ""],
  ),
  bug(
    "pages are served under any name",
    [attack("a stranger's name that points at the till shows no page")],
    [
      "server/app.ts",
      "    expectOwn({ get:",
      '    if (context.req.path.startsWith("/v1/")) expectOwn({ get:',
    ],
  ),
  bug(
    "the code for pairing stays in the address",
    [shell("turns the code of its address into a key")],
    [
      "web/shell/pairing.tsx",
      'if (location.hash.startsWith("#pair="))',
      'if (code === undefined && location.hash.startsWith("#pair="))',
    ],
  ),
  bug(
    "a page whose key was revoked tries again for ever",
    [attack("a stolen device whose key is revoked")],
    ["web/shell/events.ts", "if (answer.status === 401) onNoKey(key);", ""],
    ["web/shell/events.ts", "answer.status === 429 || answer.status >= 500", "answer.status !== 404"],
  ),
  bug(
    "a lost key stays in the storage of the browser",
    [attack("a stolen device whose key is revoked")],
    [
      "web/shell/key-store.ts",
      "if (key === undefined) storage()?.removeItem(PLACE);",
      "if (key === undefined) return;",
    ],
  ),
  bug(
    "a server has the files of all pages",
    [attack("its server has no file of the other")],
    [
      "server/pages/files.ts",
      "if (assets.has(name) || !text.includes(name)) continue;",
      "if (assets.has(name)) continue;",
    ],
  ),
  bug(
    "a stream that broke off is not opened again",
    [reconnect("a page whose stream ends opens another")],
    ["web/shell/events.ts", "      if (isOver || stop.signal.aborted) return;", "      if (!isOver) return;"],
  ),
  bug(
    "a text of others at the desk is taken for HTML",
    [hostile("the desk shows hostile notes")],
    ["server/pages/serve.ts", "  \"require-trusted-types-for 'script'\",\n", ""],
    [
      "web/desk/parts.tsx",
      "<td key={head[column]} class={side(column)}>",
      "<td key={head[column]} class={side(column)} ref={(at) => { if (at && typeof cell === 'string') at.innerHTML = cell; }}>",
    ],
  ),
  bug(
    "a link with a code for pairing takes a device's key away",
    [attack("a link with a code for pairing changes no key of a device")],
    [
      "server/keys.ts",
      "if (old && old.role !== role && !isMeant)",
      "if (old && old.role !== role && isMeant)",
    ],
  ),
  bug(
    "a name turns the line around in which the desk asks",
    [hostile("the desk shows hostile notes and names of keys as texts")],
    [
      "web/desk/confirm.tsx",
      '<p class="question">{visible(question)}</p>',
      '<p class="question">{question}</p>',
    ],
  ),
]);
