import { useEffect, useState } from "preact/hooks";
import type { CardPageTexts } from "../../common/languages/card-page.js";
import type { CardOnPage } from "../../server/card-page/view.js";
import { openPage, type Refusal, readPage } from "./card-api.js";
import { CardView } from "./card-view.js";
import { CodeForm, type Notice } from "./code-form.js";
import type { Formats } from "./formats.js";

/** An opened page; the session is in memory alone. */
interface Opened {
  readonly session: string;
  readonly card: CardOnPage;
  /** When it was read. */
  readonly at: string;
}

/** What stands behind `#`: it stays in the one entry of the history that the QR code made. */
const secretOfAddress = (): string => location.hash.slice(1);
const hasForm = (secret: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(secret);

/** A refusal in words. */
function noticeOf({ code, seconds }: Refusal, texts: CardPageTexts, formats: Formats): Notice {
  switch (code) {
    case "wrong":
      return { text: texts.wrong, hint: texts.wrongHint };
    case "locked":
      return { text: texts.locked, hint: texts.lockedHint(formats.wait(seconds ?? 60)) };
    case "busy":
      return { text: texts.busy, hint: texts.busyHint };
    case "no-session":
      return { text: texts.closed };
    default:
      return { text: texts.away, hint: texts.awayHint };
  }
}

/** The page of one card: asks for the code, then shows what is on the card. */
export function CardPage({ texts, formats }: { readonly texts: CardPageTexts; readonly formats: Formats }) {
  const [secret, setSecret] = useState(secretOfAddress);
  const [opened, setOpened] = useState<Opened>();
  const [notice, setNotice] = useState<Notice>();
  const [isBusy, setIsBusy] = useState(false);

  useEffect(() => {
    document.title = texts.title;
    const forget = (): void => setOpened(undefined);
    const another = (): void => {
      forget();
      setNotice(undefined);
      setSecret(secretOfAddress());
    };
    window.addEventListener("hashchange", another);
    // A page that comes back from the browser's own store shows nothing.
    window.addEventListener("pagehide", forget);
    return () => {
      window.removeEventListener("hashchange", another);
      window.removeEventListener("pagehide", forget);
    };
  }, [texts]);

  const close = (said: Notice): void => {
    setOpened(undefined);
    setNotice(said);
  };
  const session = opened?.session;
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (session === undefined) return;
    const timer = setTimeout(() => close({ text: texts.closed }), 1000 * seconds);
    return () => clearTimeout(timer);
  }, [session, seconds, texts]);

  /** The card was read again, unless its page was left meanwhile: what was said before is over. */
  const renew = (of: string, card: CardOnPage): void => {
    setNotice(undefined);
    setOpened((now) => (now?.session === of ? { ...now, card, at: new Date().toISOString() } : now));
  };
  const open = async (code: string): Promise<void> => {
    setIsBusy(true);
    setNotice(undefined);
    const answer = await openPage(secret, code);
    setIsBusy(false);
    if (answer.ok) {
      const { session, seconds, card } = answer.value;
      setSeconds(seconds);
      setOpened({ session, card, at: new Date().toISOString() });
    } else setNotice(noticeOf(answer.refusal, texts, formats));
  };
  const refresh = async (): Promise<void> => {
    if (!opened) return;
    setIsBusy(true);
    const answer = await readPage(opened.session);
    setIsBusy(false);
    if (answer.ok) renew(opened.session, answer.value);
    else if (answer.refusal.code === "no-session") close(noticeOf(answer.refusal, texts, formats));
    else setNotice(noticeOf(answer.refusal, texts, formats));
  };

  if (!hasForm(secret))
    return (
      <main class="narrow">
        <h1>{texts.title}</h1>
        <p>{texts.noSecret}</p>
      </main>
    );
  if (!opened) return <CodeForm key={secret} texts={texts} notice={notice} isBusy={isBusy} onCode={open} />;
  return (
    <CardView
      texts={texts}
      formats={formats}
      card={opened.card}
      at={opened.at}
      session={opened.session}
      notice={notice}
      isBusy={isBusy}
      onRefresh={refresh}
      onCard={(card) => renew(opened.session, card)}
      onClosed={(refusal) => close(noticeOf(refusal, texts, formats))}
    />
  );
}
