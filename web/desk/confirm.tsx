import type { ComponentChildren } from "preact";
import { visible } from "../../common/visible.js";
import { Dialog } from "../shell/dialog.js";
import { Message } from "../shell/message.js";
import { useDesk } from "./desk.js";
import { useAction } from "./use-data.js";

/** Asks whether something is meant, with the exact name and sum, and does it. */
export function Confirm({
  title,
  question,
  button,
  isDanger = false,
  isPossible = true,
  onDone,
  work,
  children,
}: {
  readonly title: string;
  readonly question: string;
  readonly button: string;
  readonly isDanger?: boolean;
  /** False: the question says what is missing. */
  readonly isPossible?: boolean;
  /** Closed, or done. */
  readonly onDone: () => void;
  readonly work: () => Promise<void>;
  readonly children?: ComponentChildren;
}) {
  const { texts } = useDesk().session;
  const { isBusy, problem, run } = useAction();
  return (
    <Dialog title={visible(title)} onClose={onDone}>
      <p class="question">{visible(question)}</p>
      {children}
      <Message text={problem?.message} hint={problem?.hint} />
      <div class="buttons">
        <button
          type="button"
          class={isDanger ? "danger" : "primary"}
          disabled={isBusy || !isPossible}
          onClick={() => run(async () => work().then(onDone))}
        >
          {button}
        </button>
        <button type="button" onClick={onDone}>
          {texts.buttons.cancel}
        </button>
      </div>
    </Dialog>
  );
}
