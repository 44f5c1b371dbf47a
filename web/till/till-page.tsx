import { useEffect, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import type { ApiProblem } from "../shell/api.js";
import { Message } from "../shell/message.js";
import type { Session } from "../shell/start.js";
import { ThemeChoice } from "../shell/theme.js";

/** The till. */
export function TillPage({ api, watch, shell, texts }: Session<TillTexts>) {
  const [isConnected, setIsConnected] = useState<boolean>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [place, setPlace] = useState("");
  useEffect(() => {
    api.get<{ readonly place: string }>("/v1/state").then((state) => setPlace(state.place), setProblem);
    return watch("/v1/events", { onEvent: () => undefined, onConnected: setIsConnected });
  }, [api, watch]);
  return (
    <>
      <header class="bar">
        <ThemeChoice texts={shell} />
      </header>
      <main>
        <h1>{place || texts.title}</h1>
        <p role="status">{isConnected === false ? shell.disconnected : isConnected && shell.connected}</p>
        <Message text={problem?.message} hint={problem?.hint} />
      </main>
    </>
  );
}
