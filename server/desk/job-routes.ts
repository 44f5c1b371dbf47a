import { z } from "zod";
import { comparisonData, differencesThatStay } from "../../cli/commands/report.js";
import { beginBatch, listBatches, listProfiles, openBatch } from "../../cli/desk/batches.js";
import { blockAll, newPin, payOutAll } from "../../cli/desk/desk-jobs.js";
import type { Job, JobEnd, JobKind, RunningJob } from "../../cli/desk/jobs.js";
import { cardText } from "../../cli/issuer/card-choice.js";
import { equalBytes } from "../../common/bytes.js";
import { cardKey } from "../../issuer/store/values.js";
import type { ListedKey } from "../keys.js";
import { HttpProblem } from "../problem.js";
import { aborted, type EventSource, type Route, route } from "../route.js";
import { cardOf, type OpenDesk, stationOf } from "./desk.js";
import { batch, closingAnswer, job, jobOrNone, profilesAnswer } from "./job-answers.js";
import { cardParam } from "./money-routes.js";
import { lyingAnswer } from "./station-answers.js";
import { readerEvents } from "./station-routes.js";

const iso = (at: number): string => new Date(at).toISOString();

const view = ({ begunAt, endedAt, readers, ...rest }: Job): z.input<typeof job> => ({
  ...rest,
  readers: [...readers],
  begunAt: iso(begunAt),
  ...(endedAt === undefined ? {} : { endedAt: iso(endedAt) }),
});

const batchName = z.object({ batch: z.string().min(1).max(40).describe("Its name.") });

/** The note of the pay-outs of a closing, as that of the command is. */
const CLOSING_NOTE = "event closed";

/** Long jobs: one at a time. They go on when the page is closed. */
export function jobRoutes(desk: OpenDesk): readonly Route[] {
  const { jobs, store, audit, station } = desk;
  const start = (
    about: { readonly kind: JobKind; readonly name: string; readonly total?: number },
    caller: ListedKey | undefined,
    work: (running: RunningJob) => Promise<JobEnd>,
  ): z.input<typeof job> => {
    const by = { who: caller?.name ?? "", key: caller?.id };
    const entry = { action: `${about.kind} (job)`, asked: { name: about.name } };
    const kept = (running: RunningJob): Promise<JobEnd> =>
      audit.around(
        by,
        entry,
        () => work(running),
        ({ complete, result }) => ({ told: { complete, ...result } }),
      );
    return view(jobs.start({ total: 0, ...about, by: by.who }, kept));
  };
  const atReaders = (work: (running: RunningJob) => Promise<JobEnd>) => (running: RunningJob) =>
    stationOf(desk).watch.lend(() => work(running));
  const jobEvents: EventSource = async (send, signal) => {
    send({ event: "job", data: jobs.current ? { job: view(jobs.current) } : {} });
    const end = jobs.watch((changed) => send({ event: "job", data: { job: view(changed) } }));
    await aborted(signal);
    end();
  };
  return [
    route({
      method: "get",
      path: "/v1/job",
      id: "getJob",
      summary: "The long job that runs, or the last one",
      role: "read",
      answer: jobOrNone,
      run: () => (jobs.current ? { job: view(jobs.current) } : {}),
    }),
    route({
      method: "get",
      path: "/v1/job/events",
      id: "watchJob",
      summary: "Watch long jobs: an event now and at every change",
      role: "read",
      answer: jobOrNone,
      watch: () => jobEvents,
    }),
    route({
      method: "get",
      path: "/v1/events",
      id: "watchDesk",
      summary: "Watch the desk's reader and long jobs in one stream: its events are named `reader` and `job`",
      role: "read",
      answer: z.union([lyingAnswer, jobOrNone]),
      watch: () => async (send, signal) => {
        await Promise.all([readerEvents(desk)(send, signal), jobEvents(send, signal)]);
      },
    }),
    route({
      method: "post",
      path: "/v1/job/stop",
      id: "stopJob",
      summary: "Have a long job end after the card in hand; it can be gone on with",
      role: "desk",
      action: "stop-job",
      body: z.strictObject({ id: z.string().min(1).max(20) }),
      answer: job,
      run: ({ body: { id } }) => view(jobs.stop(id)),
    }),
    route({
      method: "get",
      path: "/v1/profiles",
      id: "listProfiles",
      summary: "Profiles by which cards can be made, and what they mean",
      role: "read",
      answer: profilesAnswer,
      run() {
        if (!station) return { profiles: [], letters: false };
        const profiles = listProfiles(station.maker.folder).map((one) => ({
          ...one,
          sentences: [...one.sentences],
        }));
        return { profiles, letters: station.maker.letters !== undefined };
      },
    }),
    route({
      method: "get",
      path: "/v1/batches",
      id: "listBatches",
      summary: "Batches of cards that were begun at the desk",
      role: "read",
      answer: z.object({ batches: z.array(batch) }),
      run: () => ({ batches: station ? listBatches(station.maker.folder) : [] }),
    }),
    route({
      method: "post",
      path: "/v1/batches",
      id: "beginBatch",
      summary: "Plan a batch of cards: its journal is made, and no card is touched yet",
      role: "desk",
      action: "begin-batch",
      status: 201,
      maxBody: 2 * 1024 * 1024,
      body: z.strictObject({
        name: z.string().min(1).max(40),
        profile: z.string().min(1).max(200).describe("A file of `GET /v1/profiles`."),
        list: z
          .string()
          .max(2_000_000)
          .optional()
          .describe("CSV: number, and optionally holder and credit. Or else count."),
        count: z.int().min(1).max(100_000).optional(),
        prefix: z.string().max(28).optional(),
      }),
      answer: batch,
      async run({ body }) {
        const { maker } = stationOf(desk);
        return await beginBatch(maker, body);
      },
    }),
    route({
      method: "post",
      path: "/v1/batches/{batch}/run",
      id: "runBatch",
      summary: "Make the cards of a batch that are left, on the desk's readers",
      role: "desk",
      action: "personalize",
      params: batchName,
      body: z.strictObject({}),
      answer: job,
      async run({ params, caller }) {
        jobs.expectFree();
        const { maker } = stationOf(desk);
        const ready = await openBatch(maker, params.batch);
        try {
          const about = { kind: "personalize", name: params.batch, total: ready.total } as const;
          return start(about, caller, (running) =>
            atReaders(ready.run)(running).finally(() => ready.close()),
          );
        } catch (error) {
          ready.close();
          throw error;
        }
      },
    }),
    route({
      method: "post",
      path: "/v1/cards/{card}/new-pin",
      id: "newPin",
      summary: "Make the card on the reader again, with a new PIN and a new id, and move its money there",
      role: "desk",
      action: "new-pin",
      movesMoney: true,
      params: cardParam,
      body: z.strictObject({}),
      answer: job,
      async run({ params, caller }) {
        const { maker, desk: cardDesk, watch } = stationOf(desk);
        const cardId = await cardOf(desk, params);
        const { lying } = watch;
        const isOther = lying.kind === "card" && !equalBytes(lying.presence.card.cardId, cardId);
        // A blank one is one whose new PIN was begun before.
        if (isOther || (lying.kind !== "card" && lying.kind !== "blank"))
          throw new HttpProblem(409, "no-card", "this card does not lie on the reader; nothing was changed");
        const about = { kind: "new-pin", name: cardText(cardKey(cardId)), total: 1 } as const;
        return start(
          about,
          caller,
          atReaders((running) => newPin(maker, cardDesk, cardId, running)),
        );
      },
    }),
    route({
      method: "get",
      path: "/v1/closing",
      id: "getClosing",
      summary: "How far the event is closed",
      role: "read",
      answer: closingAnswer,
      async run() {
        const { paidOut, ...standing } = await desk.reports.ask("closing", { note: CLOSING_NOTE });
        return { ...standing, ...(paidOut ? { paidOut } : {}) };
      },
    }),
    route({
      method: "get",
      path: "/v1/closing/list",
      id: "getPayouts",
      summary: "Who gets how much, as CSV: what is booked as paid out, then what is due",
      role: "read",
      answer: z.object({ csv: z.string() }),
      run: async () => ({ csv: await desk.reports.ask("payouts", { note: CLOSING_NOTE }) }),
    }),
    route({
      method: "post",
      path: "/v1/closing/block",
      id: "blockAllCards",
      summary: "Block every card",
      role: "desk",
      action: "block-all",
      body: z.strictObject({}),
      answer: job,
      run: ({ caller }) =>
        start({ kind: "block-all", name: "" }, caller, (running) => blockAll(store, running)),
    }),
    route({
      method: "post",
      path: "/v1/closing/pay-out",
      id: "payOutAllCards",
      summary: "Book what every card has left as paid out, each once in a closing",
      role: "desk",
      action: "pay-out-all",
      movesMoney: true,
      body: z.strictObject({}),
      answer: job,
      run: ({ caller }) =>
        start({ kind: "pay-out-all", name: "" }, caller, (running) =>
          payOutAll(store, CLOSING_NOTE, running),
        ),
    }),
    route({
      method: "post",
      path: "/v1/closing/verify",
      id: "verifyLedger",
      summary: "Check that the books balance, over all rows",
      role: "desk",
      action: "verify",
      body: z.strictObject({}),
      answer: job,
      run: ({ caller }) =>
        start({ kind: "verify", name: "" }, caller, async () => {
          const { violations, ...report } = await desk.reports.ask("verify", {});
          return {
            complete: true,
            result: { ...report, violations: violations.length, first: violations.slice(0, 10) },
          };
        }),
    }),
    route({
      method: "post",
      path: "/v1/closing/reconcile",
      id: "compareWithNode",
      summary: "Compare every authorization with the node, and every payment of the node with the ledger",
      role: "desk",
      action: "reconcile",
      body: z.strictObject({}),
      answer: job,
      run: ({ caller }) =>
        start({ kind: "reconcile", name: "" }, caller, async () => {
          const compared = await desk.compare();
          const { differences, unknown, settled, ...told } = comparisonData(compared);
          const wrong = differencesThatStay(compared);
          return {
            complete: true,
            result: {
              ...told,
              agree: settled.payments,
              wrong,
              first: [...differences, ...unknown].slice(0, 10),
            },
          };
        }),
    }),
  ];
}
