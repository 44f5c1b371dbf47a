import { useState } from "preact/hooks";
import type { CardPageTexts } from "../../common/languages/card-page.js";
import type { CardOnPage } from "../../server/card-page/view.js";
import { Dialog } from "../shell/dialog.js";
import { blockCard, type Refusal } from "./card-api.js";

/** Blocks the card once that was confirmed twice. */
export function BlockButton({
  texts,
  desk,
  session,
  onBlocked,
  onClosed,
}: {
  readonly texts: CardPageTexts;
  readonly desk: string | undefined;
  readonly session: string;
  onBlocked(card: CardOnPage): void;
  onClosed(refusal: Refusal): void;
}) {
  const [asked, setAsked] = useState<"not" | "first" | "second">("not");
  const [isBusy, setIsBusy] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  const { buttons, block } = texts;
  const leave = (): void => {
    setAsked("not");
    setHasFailed(false);
  };
  const confirm = async (): Promise<void> => {
    setIsBusy(true);
    const answer = await blockCard(session);
    setIsBusy(false);
    if (answer.ok) onBlocked(answer.value);
    else if (answer.refusal.code === "no-session") onClosed(answer.refusal);
    else setHasFailed(true);
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsked("first")}>
        {buttons.block}
      </button>
      {asked === "first" && (
        <Dialog key="first" title={block.title} onClose={leave}>
          <p>{block.what}</p>
          <div class="buttons">
            <button type="button" onClick={leave}>
              {buttons.keep}
            </button>
            <button type="button" class="danger" onClick={() => setAsked("second")}>
              {buttons.next}
            </button>
          </div>
        </Dialog>
      )}
      {asked === "second" && (
        <Dialog key="second" title={block.again} onClose={leave}>
          <p>{desk === undefined ? block.whereAnywhere : block.where(desk)}</p>
          <p role="alert" class="bad">
            {hasFailed && block.failed}
          </p>
          <div class="buttons">
            <button type="button" onClick={leave}>
              {buttons.keep}
            </button>
            <button type="button" class="danger" disabled={isBusy} onClick={() => void confirm()}>
              {buttons.blockNow}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
