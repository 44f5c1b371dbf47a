import { type ComponentChildren, render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Language, preferredLanguage } from "../../common/languages/language.js";
import { loadShellTexts, type ShellTexts } from "../../common/languages/shell.js";
import { type Api, ApiProblem, connectApi } from "./api.js";
import { type Watcher, watchEvents } from "./events.js";
import { deviceKey, keepDeviceKey, onDeviceKey } from "./key-store.js";
import { OtherRights, PairingPage, pairDevice, takePairingCode } from "./pairing.js";
import { dropStrays } from "./strays.js";
import { applyTheme } from "./theme.js";
import "./shell.css";

/** What a page is written in. */
interface Written<PageTexts> {
  readonly language: Language;
  readonly shell: ShellTexts;
  readonly texts: PageTexts;
}

/** What a page works with. */
export interface Session<PageTexts> extends Written<PageTexts> {
  readonly api: Api;
  /** Watches a path of the API; see {@link watchEvents}. @returns stops it */
  watch<Data>(path: string, watcher: Watcher<Data>, isFinal?: (data: Data) => boolean): () => void;
  /** For pages whose language the server decides. */
  setLanguage(language: Language): void;
}

/** A page that needs a key. */
interface KeyedPage<PageTexts> {
  /** The command that shows a code for pairing. */
  readonly pairCommand: string;
  loadTexts(language: Language): Promise<PageTexts>;
  page(session: Session<PageTexts>): ComponentChildren;
}

async function write<PageTexts>(
  language: Language,
  loadTexts: (language: Language) => Promise<PageTexts>,
): Promise<Written<PageTexts>> {
  const [shell, texts] = await Promise.all([loadShellTexts(language), loadTexts(language)]);
  document.documentElement.lang = language;
  return { language, shell, texts };
}

/** The last texts, for sentences that are needed outside of what is drawn. */
let spoken: ShellTexts;

function Shell<PageTexts>({
  pairCommand,
  loadTexts,
  page,
  first,
}: KeyedPage<PageTexts> & { readonly first: Written<PageTexts> }) {
  const [written, setWritten] = useState(first);
  const [key, setKey] = useState(deviceKey);
  const had = useRef(key);
  const [problem, setProblem] = useState<{ readonly text: string; readonly hint?: string | undefined }>();
  const [code, setCode] = useState<string>();
  const [isPairing, setIsPairing] = useState(false);
  const [otherRights, setOtherRights] = useState<string>();
  spoken = written.shell;
  const [session] = useState(() => {
    const onNoKey = (lost: string | undefined): void => {
      // Another tab may have paired this device meanwhile.
      if (lost === deviceKey()) keepDeviceKey(undefined);
    };
    return {
      api: connectApi(onNoKey, () => ({ detail: spoken.unreachable, hint: spoken.unreachableHint })),
      watch: <Data,>(path: string, watcher: Watcher<Data>, isFinal?: (data: Data) => boolean) =>
        watchEvents(path, watcher, { onNoKey, ...(isFinal ? { isFinal } : {}) }),
      setLanguage: (language: Language): void => {
        if (document.documentElement.lang !== language) void write(language, loadTexts).then(setWritten);
      },
    };
  });

  useEffect(() => {
    const changed = (): void => {
      const now = deviceKey();
      // Whichever tab was the first to know.
      if (had.current !== undefined && now === undefined) setProblem({ text: spoken.pairing.ended });
      had.current = now;
      setKey(now);
    };
    changed();
    return onDeviceKey(changed);
  }, []);
  const pairBy = (shown: string, isMeant: boolean): void => {
    setIsPairing(true);
    pairDevice(session.api, shown, isMeant)
      .then(() => setProblem(undefined))
      .catch((error: unknown) => {
        if (!(error instanceof ApiProblem)) throw error;
        if (error.code === "other-rights") return setOtherRights(shown);
        const { said, next } = spoken.pairing.badCode;
        setProblem(
          error.code === "bad-pairing"
            ? { text: said, hint: next }
            : { text: error.message, hint: error.hint },
        );
        // It has not been used where the server was not reached.
        if (error.isUncertain) setCode(shown);
      })
      .finally(() => setIsPairing(false));
  };
  useEffect(() => {
    const pair = (): void => {
      const shown = takePairingCode();
      if (shown !== undefined) pairBy(shown, false);
    };
    pair();
    window.addEventListener("hashchange", pair);
    return () => window.removeEventListener("hashchange", pair);
  }, [session]);

  if (isPairing) return <main class="narrow">{written.shell.pairing.busy}</main>;
  if (otherRights !== undefined && key !== undefined)
    return (
      <OtherRights
        texts={written.shell}
        onAnswer={(isMeant) => {
          setOtherRights(undefined);
          if (isMeant) pairBy(otherRights, true);
        }}
      />
    );
  if (key === undefined)
    return (
      <PairingPage
        api={session.api}
        texts={written.shell}
        command={pairCommand}
        notice={problem?.text}
        hint={problem?.hint}
        code={code}
      />
    );
  // Another key is another device: nothing of what the last one showed stays.
  return <div key={key}>{page({ ...session, ...written })}</div>;
}

/** Before a page is loaded again whose texts did not arrive, in milliseconds. */
const RELOAD_MS = 2000;

/** Draws a page once its texts are there; where they are not, the server has gone meanwhile, or is a newer one. */
function draw<PageTexts>(
  loadTexts: (language: Language) => Promise<PageTexts>,
  page: (first: Written<PageTexts>) => ComponentChildren,
): void {
  applyTheme();
  dropStrays();
  write(preferredLanguage(navigator.languages), loadTexts).then(
    (first) => render(page(first), document.getElementById("app") ?? document.body),
    () => setTimeout(() => location.reload(), RELOAD_MS),
  );
}

/** Shows a page that needs the key of this device: pairs it where it has none, and again where its key ends. */
export const startKeyedPage = <PageTexts,>(page: KeyedPage<PageTexts>): void =>
  draw(page.loadTexts, (first) => <Shell {...page} first={first} />);

/** Shows a page that is open to everybody, in the visitor's language. */
export const startOpenPage = <PageTexts,>(
  loadTexts: (language: Language) => Promise<PageTexts>,
  page: (written: Written<PageTexts>) => ComponentChildren,
): void => draw(loadTexts, page);
