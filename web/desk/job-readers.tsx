import { useDesk } from "./desk.js";

/** What each reader does for the job, what to do next there, and what the last job came to; its place is kept. */
export function JobReaders() {
  const { session, job, format } = useDesk();
  const { job: words } = session.texts;
  if (!job || (job.kind !== "personalize" && job.kind !== "new-pin"))
    return (
      <section class="job-readers">
        <h3>{words.readers}</h3>
        <p class="muted">{words.idle}</p>
      </section>
    );
  const isRunning = job.state === "running" || job.state === "stopping";
  const doing: Readonly<Record<string, string | ((number: string) => string)>> = words.doing;
  const saying = (name: string, card: string | undefined): string => {
    const said = doing[name] ?? name;
    return typeof said === "function" ? said(card ?? "") : said;
  };
  const { cards, refused, torn, letter } = (job.result ?? {}) as Readonly<
    Record<string, string | number | undefined>
  >;
  return (
    <section class="job-readers">
      <h3>{isRunning ? words.readers : words.last}</h3>
      {isRunning ? (
        <ul class="plain tiles">
          {job.readers.map(({ reader, doing: now, card, problem }) => (
            <li key={reader} class={problem ? "tile bad" : "tile"}>
              <p class="muted">{reader}</p>
              <p class="next" role="status">
                {saying(now, card)}
              </p>
              <p class="problem-line">
                {problem ? [problem.detail, problem.hint].filter(Boolean).join(" ") : ""}
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <>
          <p>
            <strong>{words.kinds[job.kind](job.name)}</strong>: {words.states[job.state]}
          </p>
          {cards !== undefined && (
            <p>{words.result(format.count(cards), format.count(refused ?? 0), format.count(torn ?? 0))}</p>
          )}
          {letter !== undefined && (
            <p>
              <code class="command">{letter}</code>
            </p>
          )}
          {job.problem && (
            <p class="bad">{[job.problem.detail, job.problem.hint].filter(Boolean).join(". ")}</p>
          )}
        </>
      )}
    </section>
  );
}
