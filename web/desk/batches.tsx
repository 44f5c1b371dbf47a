import { useEffect, useState } from "preact/hooks";
import type { BatchAnswer, ProfilesAnswer } from "../../server/desk/job-answers.js";
import type { Json } from "../shell/json.js";
import { Message } from "../shell/message.js";
import { Confirm } from "./confirm.js";
import { useDesk } from "./desk.js";
import { JobReaders } from "./job-readers.js";
import { Progress, WithData } from "./parts.js";
import { useAction, useData } from "./use-data.js";

type Batch = Json<BatchAnswer>;
type Profiles = Json<ProfilesAnswer>;

/** Making cards: what runs, the batches there are, and a new one. */
export function Batches() {
  const { session, settings, job, mayMove } = useDesk();
  const { batches } = session.texts;
  const loaded = useData<{ readonly batches: readonly Batch[] }>("/v1/batches");
  const { reload } = loaded;
  const stage = `${job?.state} ${job?.done}`;
  useEffect(reload, [reload, stage]);
  if (!settings.station)
    return (
      <>
        <h2>{batches.title}</h2>
        <p>{batches.noStation}</p>
      </>
    );
  return (
    <>
      <h2>{batches.title}</h2>
      <JobReaders />
      <section>
        <h3>{batches.all}</h3>
        <WithData loaded={loaded}>
          {({ batches: found }) =>
            found.length === 0 ? (
              <p class="muted">{batches.nothing}</p>
            ) : (
              <ul class="plain">
                {found.map((batch) => (
                  <li key={batch.name}>
                    <OneBatch batch={batch} />
                  </li>
                ))}
              </ul>
            )
          }
        </WithData>
      </section>
      {mayMove && <NewBatch onPlanned={reload} />}
    </>
  );
}

function OneBatch({ batch }: { readonly batch: Batch }) {
  const { session, format, job, mayMove } = useDesk();
  const { texts, api } = session;
  const [asks, setAsks] = useState(false);
  const { name, profile, total, done, halfDone, letters, problem } = batch;
  const isFree = job?.state !== "running" && job?.state !== "stopping";
  const left = total - done;
  return (
    <article class="batch">
      <h4>
        {name} <span class="muted">{profile}</span>
      </h4>
      <div class="batch-line">
        {problem ? (
          <p class="bad">{problem.detail}</p>
        ) : (
          <Progress
            done={done}
            total={total}
            text={texts.batches.progress(format.count(done), format.count(total))}
          />
        )}
        {mayMove && left > 0 && (
          <button type="button" class="primary" disabled={!isFree} onClick={() => setAsks(true)}>
            {done === 0 && halfDone === 0 ? texts.buttons.make : texts.buttons.goOn}
          </button>
        )}
      </div>
      <p class={left === 0 ? "says good" : "says"}>
        {left === 0 && !problem
          ? `✓ ${texts.batches.complete}`
          : halfDone > 0
            ? texts.batches.halfDone(format.count(halfDone))
            : ""}
      </p>
      {letters !== undefined && done > 0 && (
        <p>
          {texts.batches.print} <code class="command">{letters}</code>
        </p>
      )}
      {asks && (
        <Confirm
          title={name}
          question={texts.batches.question(format.count(left), name)}
          button={texts.buttons.make}
          onDone={() => setAsks(false)}
          work={async () => void (await api.post(`/v1/batches/${encodeURIComponent(name)}/run`))}
        />
      )}
    </article>
  );
}

function NewBatch({ onPlanned }: { readonly onPlanned: () => void }) {
  const { session, format, say } = useDesk();
  const { texts, api } = session;
  const { batches } = texts;
  const loaded = useData<Profiles>("/v1/profiles");
  const [name, setName] = useState("");
  const [file, setFile] = useState("profile.yaml");
  const [isListed, setIsListed] = useState(false);
  const [count, setCount] = useState("");
  const [prefix, setPrefix] = useState("");
  const [list, setList] = useState("");
  const { isBusy, problem, run } = useAction();
  const plan = async (): Promise<void> => {
    const cards = isListed
      ? { list }
      : { count: Number.parseInt(count, 10), ...(prefix === "" ? {} : { prefix }) };
    const made = await api.post<Batch>("/v1/batches", { name: name.trim(), profile: file, ...cards });
    say({ kind: "notice", text: batches.planned(made.name, format.count(made.total)) });
    setName("");
    onPlanned();
  };
  return (
    <section>
      <h3>{batches.fresh}</h3>
      <WithData loaded={loaded}>
        {({ profiles, letters }) => {
          const chosen = profiles.find((one) => one.file === file);
          return (
            <form
              class="narrow"
              onSubmit={(event) => {
                event.preventDefault();
                run(plan);
              }}
            >
              <label class="field">
                <span>{batches.name}</span>
                <input
                  value={name}
                  required
                  maxLength={40}
                  onInput={({ currentTarget }) => setName(currentTarget.value)}
                />
              </label>
              <label class="field">
                <span>{batches.profile}</span>
                <select value={file} onChange={({ currentTarget }) => setFile(currentTarget.value)}>
                  {profiles.map((one) => (
                    <option key={one.file} value={one.file}>
                      {one.name === undefined ? one.file : `${one.name} (${one.file})`}
                    </option>
                  ))}
                </select>
              </label>
              {chosen && (
                <details>
                  <summary>{batches.means}</summary>
                  <ul>
                    {chosen.sentences.map((sentence) => (
                      <li key={sentence} class={chosen.usable ? "" : "bad"}>
                        {sentence}
                      </li>
                    ))}
                  </ul>
                </details>
              )}
              {chosen?.withPin && (
                <p class={letters ? "muted" : "bad"}>{letters ? batches.withPin : batches.noLetters}</p>
              )}
              <fieldset class="choice">
                <legend>{batches.cards}</legend>
                {[false, true].map((listed) => (
                  <label key={String(listed)} class="field inline">
                    <input
                      type="radio"
                      name="cards"
                      checked={isListed === listed}
                      onChange={() => setIsListed(listed)}
                    />
                    <span>{listed ? batches.byList : batches.byCount}</span>
                  </label>
                ))}
              </fieldset>
              {isListed ? (
                <label class="field">
                  <span>{batches.list}</span>
                  <input
                    type="file"
                    accept=".csv,text/csv,text/plain"
                    required
                    onChange={({ currentTarget }) =>
                      void currentTarget.files?.[0]?.text().then(setList, () => setList(""))
                    }
                  />
                </label>
              ) : (
                <div class="line">
                  <label class="field">
                    <span>{batches.count}</span>
                    <input
                      type="number"
                      min={1}
                      max={100_000}
                      required
                      value={count}
                      onInput={({ currentTarget }) => setCount(currentTarget.value)}
                    />
                  </label>
                  <label class="field">
                    <span>{batches.prefix}</span>
                    <input
                      value={prefix}
                      maxLength={28}
                      onInput={({ currentTarget }) => setPrefix(currentTarget.value)}
                    />
                  </label>
                </div>
              )}
              <Message text={problem?.message} hint={problem?.hint} />
              <button type="submit" class="primary" disabled={isBusy}>
                {texts.buttons.plan}
              </button>
            </form>
          );
        }}
      </WithData>
    </section>
  );
}
