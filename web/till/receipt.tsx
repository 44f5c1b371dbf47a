import { useEffect, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { ApiProblem } from "../shell/api.js";
import { Dialog } from "../shell/dialog.js";
import { Message } from "../shell/message.js";
import { Qr } from "../shell/qr.js";
import type { Session } from "../shell/start.js";
import { told } from "./refusal.js";

interface ReceiptProps {
  readonly session: Session<TillTexts>;
  readonly number: number;
  readonly hasPrinter: boolean;
}

/** Opens the receipt of a sale. */
export function ReceiptButton(props: ReceiptProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        {props.session.texts.buttons.receipt}
      </button>
      {isOpen && <ReceiptDialog {...props} onClose={() => setIsOpen(false)} />}
    </>
  );
}

/** The receipt as it is printed, and as a code that a phone keeps. */
function ReceiptDialog({ session, number, hasPrinter, onClose }: ReceiptProps & { onClose(): void }) {
  const { api, texts, shell } = session;
  const [paper, setPaper] = useState<"58" | "80">("58");
  const [lines, setLines] = useState<readonly string[]>([]);
  const [said, setSaid] = useState<ApiProblem | "printed">();
  useEffect(() => {
    const stop = new AbortController();
    const columns = paper === "58" ? 32 : 48;
    const path = `/v1/sales/${number}/receipt?columns=${columns}`;
    api.get<{ readonly lines: readonly string[] }>(path, stop.signal).then(
      (found) => setLines(found.lines),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (error instanceof ApiProblem) setSaid(error);
        else throw error;
      },
    );
    return () => stop.abort();
  }, [api, number, paper]);
  async function print(): Promise<void> {
    try {
      await api.post(`/v1/sales/${number}/print`);
      setSaid("printed");
    } catch (error) {
      if (error instanceof ApiProblem) setSaid(error);
      else throw error;
    }
  }
  const text = lines.join("\n");
  return (
    <Dialog title={texts.receipt.title} onClose={onClose}>
      <div class="receipt">
        <pre class={`paper mm${paper}`}>{text}</pre>
        <div class="scan">
          {lines.length > 0 && <Qr text={text} label={texts.receipt.code} />}
          <p>{texts.receipt.scan}</p>
        </div>
      </div>
      <Message
        kind={said === "printed" ? "notice" : "problem"}
        {...(said === "printed" ? { text: texts.receipt.printed } : told(texts, said))}
      />
      <div class="buttons">
        <label class="field inline">
          <span>{texts.receipt.paper}</span>
          <select
            value={paper}
            onChange={({ currentTarget }) => setPaper(currentTarget.value === "80" ? "80" : "58")}
          >
            <option value="58">58 mm</option>
            <option value="80">80 mm</option>
          </select>
        </label>
        {hasPrinter && (
          <button type="button" onClick={() => void print()}>
            {texts.buttons.print}
          </button>
        )}
        <button type="button" onClick={() => window.print()}>
          {texts.buttons.printHere}
        </button>
        <button type="button" class="primary" onClick={onClose}>
          {shell.buttons.close}
        </button>
      </div>
    </Dialog>
  );
}
