import { bug, bugsOf, type PlantedBug } from "./bug.js";

const page = (named: string) => ({ tests: "test/pages/desk.pages.test.ts", named });
const tabs = (named: string) => ({ tests: "test/pages/desk-tabs.pages.test.ts", named });
const station = (named: string) => ({ tests: "test/server/desk-station.test.ts", named });

const books = (named: string) => ({ tests: "test/server/desk-books.test.ts", named });
const letters = (named: string) => ({ tests: "test/server/desk-letters.test.ts", named });

const report = (named: string) => ({ tests: "test/server/report-thread.test.ts", named });

/** In the API of the issuer's desk, and in its page. */
export const DESK_API_BUGS: readonly PlantedBug[] = bugsOf("desk-api", [
  bug(
    "a change by the desk's API leaves no line in the audit log",
    [
      station("every change has a line in the audit log"),
      { tests: "test/server/audit-routes.test.ts", named: "every route of the desk that changes something" },
    ],
    [
      "server/app.ts",
      "isChange ? await audit(asked, run) : await run()",
      'isChange && asked.action === "" ? await audit(asked, run) : await run()',
    ],
  ),
  bug(
    "a request of the desk may have more in it than is understood",
    [
      { tests: "test/server/bad-requests.test.ts", named: "bad requests to a desk" },
      { campaign: "bad-requests" },
    ],
    ["server/desk/card-routes.ts", "body: z.strictObject({}),", "body: z.looseObject({}),"],
  ),
  bug(
    "a command leaves no line in the audit log",
    [station("every change has a line in the audit log")],
    [
      "cli/desk/audit-log.ts",
      "return await log.around(acting.getStore() ?? operator(), entry, work, tell);",
      "return await work();",
    ],
  ),
  bug(
    "a card on the desk's reader does not get what is booked for it",
    [station("gets a top-up at once")],
    [
      "server/desk/desk.ts",
      "equalBytes(lying.presence.card.cardId, cardId)",
      "equalBytes(lying.presence.card.cardId, cardId.subarray(1))",
    ],
  ),
  bug(
    "cards are paid out while others may still pay",
    [station("an event is closed step by step")],
    ["cli/desk/desk-jobs.ts", "if (active.length > 0)", "if (active.length < 0)"],
  ),
  bug(
    "a second long job runs beside the first",
    [station("a batch is planned")],
    ["cli/desk/jobs.ts", "if (this.#stop && job)", "if (this.#stop && !job)"],
  ),
  bug(
    "a key that only reads makes cards",
    [station("a key that reads")],
    [
      "server/desk/job-routes.ts",
      'role: "desk",\n      action: "personalize",',
      'role: "read",\n      action: "personalize",',
    ],
  ),
  bug(
    "a key that a command makes leaves no line in the audit log",
    [station("keys that are made, ended and offered by commands")],
    ["cli/commands/api-keys.ts", "isAudited ? folder : undefined", "isAudited ? undefined : folder"],
  ),
  bug(
    "a batch by command leaves no line in the audit log",
    [{ tests: "test/server/desk.test.ts", named: "a batch that a command makes" }],
    ["cli/personalization-setup.ts", "audited(setup.folder,", "audited(undefined,"],
  ),
  bug(
    "a key that the desk makes stands in the audit log",
    [books("a key that is made at the desk is shown once")],
    ["server/desk/audit.ts", '"role", "total"] as const', '"role", "total", "key"] as const'],
  ),
  bug(
    "a payment is written off again for another reason",
    [books("a payment without an authorization is written off once")],
    ["server/desk/report-routes.ts", "if (done.note !== note)", 'if (done.note === "")'],
  ),
  bug(
    "a new PIN is made for whichever card lies on the desk's reader",
    // The card that gets a new PIN is one of the batch before.
    [letters("a batch at the desk writes a letter|a new PIN makes the card on the reader again")],
    [
      "server/desk/job-routes.ts",
      "!equalBytes(lying.presence.card.cardId, cardId)",
      "equalBytes(lying.presence.card.cardId, cardId.subarray(1))",
    ],
  ),
  bug(
    "a desk without PIN letters plans cards that get a PIN",
    [letters("a desk without PIN letters makes no card that gets a PIN")],
    [
      "cli/desk/batches.ts",
      "if (!hasLetters(profile) || letters) return;",
      "if (!hasLetters(profile) || letters === undefined) return;",
    ],
  ),
  bug(
    "a report is read on the thread that moves money",
    [report("money is moved while a report is made")],
    ["cli/desk/report-thread.ts", "if (this.#isHere) return", "if (!this.#isHere) return"],
  ),
  bug(
    "a report may take as long as it likes",
    [report("a report that takes too long is given up")],
    [
      "cli/desk/report-thread.ts",
      "tooLong(this.#patienceMs)), this.#patienceMs)",
      "tooLong(this.#patienceMs)), 2 ** 31 - 1)",
    ],
  ),
  bug(
    "any number of reports waits",
    [report("of many reports at once")],
    ["cli/desk/report-thread.ts", "if (this.#waiting > MAX_WAITING)", "if (this.#waiting < 0)"],
  ),
  bug(
    "the desk's page sends an order again under another key",
    [page("a server that is killed between the booking and its answer")],
    [
      "web/desk/order.ts",
      "await api.move<Answer>(order.path, order.body, { key: order.key })",
      "await api.move<Answer>(order.path, order.body)",
    ],
  ),
  bug(
    "every tab of the desk opens a stream of its own",
    [tabs("seven tabs of a browser share one event stream")],
    ["web/desk/shared-events.ts", 'if (!("locks" in navigator))', 'if ("locks" in navigator)'],
  ),
  bug(
    "a tab of the desk that nobody sees keeps its stream",
    [tabs("where browsers offer no locks a tab that nobody sees lets its stream go")],
    [
      "web/desk/shared-events.ts",
      'if (document.visibilityState === "visible")',
      "if (document.visibilityState.length > 0)",
    ],
  ),
  bug(
    "the strip of a job pushes the desk's page down on a phone",
    [page("plans a batch and makes its cards live")],
    [
      "web/desk/desk.css",
      "position: fixed;\n    inset: auto 0 0;",
      "position: static;\n    inset: auto 0 0;",
    ],
  ),
  bug(
    "a card that is laid on the reader pushes the desk's page down",
    [page("plans a batch and makes its cards live")],
    ["web/desk/desk.css", ".reader .detail {\n  min-height: 3rem;", ".reader .detail {\n  min-height: 0;"],
  ),
]);
