import { useState } from "preact/hooks";
import type { ShellTexts } from "../../common/languages/shell.js";
import { type Api, ApiProblem } from "./api.js";
import { deviceKey, keepDeviceKey } from "./key-store.js";
import { Message } from "./message.js";

const IN_ADDRESS = /^#pair=([\w-]{1,64})$/;

/** The code for pairing in the address of this page, which is removed from it and from the history at once. */
export function takePairingCode(): string | undefined {
  const [, code] = IN_ADDRESS.exec(location.hash) ?? [];
  if (location.hash.startsWith("#pair=")) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** How this device is named in the list of keys. */
function deviceName(): string {
  const { userAgent } = navigator;
  const found = (names: readonly string[], other: string) =>
    names.find((name) => userAgent.includes(name)) ?? other;
  const browser = found(["Firefox", "Edg", "Chrome", "Safari"], "Browser").replace(/^Edg$/, "Edge");
  const system = found(["Android", "iPhone", "iPad", "Windows", "Mac OS", "CrOS", "Linux"], "?");
  return `${browser}, ${system}`;
}

/**
 * Turns a code into a key of this device and keeps it; a key that it had is replaced.
 * @param isMeant whether that may be by one with other rights
 * @throws ApiProblem `other-rights` where it is not
 */
export async function pairDevice(api: Api, code: string, isMeant = false): Promise<void> {
  const old = deviceKey();
  const { key } = await api.post<{ readonly key: string }>("/v1/pair", {
    code,
    name: deviceName(),
    ...(old === undefined ? {} : { replaces: old }),
    ...(isMeant ? { confirmed: true } : {}),
  });
  keepDeviceKey(key);
}

/** Asks before another key replaces that of this device: a link on any site may carry a code. */
export function OtherRights({
  texts,
  onAnswer,
}: {
  readonly texts: ShellTexts;
  readonly onAnswer: (isMeant: boolean) => void;
}) {
  return (
    <main class="narrow">
      <h1>{texts.pairing.title}</h1>
      <p>{texts.pairing.otherRights}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => onAnswer(false)}>
          {texts.buttons.back}
        </button>
        <button type="button" class="danger" onClick={() => onAnswer(true)}>
          {texts.buttons.pair}
        </button>
      </div>
    </main>
  );
}

/** What a device without a key shows: how it gets one. */
export function PairingPage({
  api,
  texts,
  command,
  notice,
  hint,
  code = "",
}: {
  readonly api: Api;
  readonly texts: ShellTexts;
  /** That shows the code. */
  readonly command: string;
  /** Why the device has no key now, and what to do. */
  readonly notice?: string | undefined;
  readonly hint?: string | undefined;
  /** One that could not be tried. */
  readonly code?: string | undefined;
}) {
  const [problem, setProblem] = useState<ApiProblem>();
  const [isBusy, setIsBusy] = useState(false);
  const [text, setText] = useState(code);
  async function pair(): Promise<void> {
    setIsBusy(true);
    setProblem(undefined);
    try {
      await pairDevice(api, text.trim().replace(/^.*#pair=/, ""));
    } catch (error) {
      if (error instanceof ApiProblem) setProblem(error);
      else throw error;
    } finally {
      setIsBusy(false);
    }
  }
  const badCode = problem?.code === "bad-pairing" ? texts.pairing.badCode : undefined;
  return (
    <main class="narrow">
      <h1>{texts.pairing.title}</h1>
      <Message
        text={badCode?.said ?? problem?.message ?? notice}
        hint={badCode ? badCode.next : problem ? problem.hint : hint}
      />
      <p>{texts.pairing.how}</p>
      <p>
        <code>{command}</code>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void pair();
        }}
      >
        <label class="field">
          <span>{texts.pairing.field}</span>
          <input
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            required
          />
        </label>
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? texts.pairing.busy : texts.buttons.pair}
        </button>
      </form>
    </main>
  );
}
