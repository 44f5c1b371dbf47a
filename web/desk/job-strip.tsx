import { useState } from "preact/hooks";
import { visible } from "../../common/visible.js";
import { Confirm } from "./confirm.js";
import { useDesk } from "./desk.js";
import { Progress } from "./parts.js";

/** The long job that runs, always in sight. */
export function JobStrip() {
  const { session, job, format, mayMove } = useDesk();
  const { texts, api } = session;
  const [asks, setAsks] = useState(false);
  const isRunning = job?.state === "running" || job?.state === "stopping";
  if (!job || !isRunning) return null;
  const title = texts.job.kinds[job.kind](job.name);
  return (
    <section class="job" aria-label={texts.job.title}>
      <p class="title">
        <strong>{title}</strong>
      </p>
      <p class="by muted">{visible(texts.job.by(job.by))}</p>
      <Progress
        done={job.done}
        total={job.total}
        text={texts.job.progress(format.count(job.done), format.count(job.total))}
      />
      <div class="end">
        {job.state === "stopping" ? (
          <p>{texts.job.states.stopping}</p>
        ) : (
          mayMove && (
            <button type="button" onClick={() => setAsks(true)}>
              {texts.buttons.stop}
            </button>
          )
        )}
      </div>
      {asks && (
        <Confirm
          title={title}
          question={texts.job.stopQuestion}
          button={texts.buttons.stop}
          isDanger
          onDone={() => setAsks(false)}
          work={async () => void (await api.post("/v1/job/stop", { id: job.id }))}
        />
      )}
    </section>
  );
}
