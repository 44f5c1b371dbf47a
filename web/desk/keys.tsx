import { useState } from "preact/hooks";
import { visible } from "../../common/visible.js";
import type { KeyAnswer, NewKeyAnswer, PairingAnswer } from "../../server/desk/key-routes.js";
import { Dialog } from "../shell/dialog.js";
import type { Json } from "../shell/json.js";
import { Message } from "../shell/message.js";
import { Qr } from "../shell/qr.js";
import { Confirm } from "./confirm.js";
import { useDesk } from "./desk.js";
import { Table, WithData } from "./parts.js";
import { useAction, useData } from "./use-data.js";

type Key = Json<KeyAnswer>;
const ROLES = ["read", "desk"] as const;

/** The keys of this desk: which there are, new ones, and their end. */
export function Keys() {
  const { session, settings, format } = useDesk();
  const { texts, api } = session;
  const { settings: words, buttons } = texts;
  const loaded = useData<{ readonly keys: readonly Key[] }>("/v1/keys");
  const [asked, setAsked] = useState<Key | "key" | "pairing">();
  const end = (): void => {
    setAsked(undefined);
    loaded.reload();
  };
  return (
    <section>
      <h3>{words.keys}</h3>
      <p class="muted">{words.keysHelp}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => setAsked("pairing")}>
          {buttons.pairDevice}
        </button>
        <button type="button" onClick={() => setAsked("key")}>
          {buttons.newKey}
        </button>
      </div>
      <WithData loaded={loaded}>
        {({ keys }) => (
          <Table
            caption={words.keys}
            head={[words.name, words.role, words.made, texts.card.state, buttons.revoke]}
            rows={keys.map((key) => [
              key.id === settings.key ? `${key.name} (${words.own})` : key.name,
              words.roles[key.role],
              format.time(key.createdAt),
              key.revokedAt === undefined ? words.holds : words.ended(format.time(key.revokedAt)),
              key.revokedAt === undefined && (
                <button key="end" type="button" class="danger" onClick={() => setAsked(key)}>
                  {buttons.revoke}
                </button>
              ),
            ])}
          />
        )}
      </WithData>
      {(asked === "key" || asked === "pairing") && <NewKey isPairing={asked === "pairing"} onDone={end} />}
      {typeof asked === "object" && (
        <Confirm
          title={words.keys}
          question={words.revokeQuestion(asked.name)}
          button={buttons.revoke}
          isDanger
          onDone={end}
          work={async () => void (await api.post(`/v1/keys/${asked.id}/revoke`))}
        />
      )}
    </section>
  );
}

/** A key that is shown this once, or a code by which a device gets one. Neither stays when the dialog is closed. */
function NewKey({ isPairing, onDone }: { readonly isPairing: boolean; readonly onDone: () => void }) {
  const { texts, api } = useDesk().session;
  const { settings: words, buttons } = texts;
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("read");
  const [made, setMade] = useState<NewKeyAnswer>();
  const [offered, setOffered] = useState<PairingAnswer>();
  const { isBusy, problem, run } = useAction();
  const make = async (): Promise<void> => {
    if (isPairing) setOffered(await api.post<PairingAnswer>("/v1/keys/pair", { role }));
    else setMade(await api.post<NewKeyAnswer>("/v1/keys", { name: name.trim(), role }));
  };
  const title = isPairing ? buttons.pairDevice : buttons.newKey;
  // Of a dialog that shows a key nothing but its own button is the end.
  return (
    <Dialog title={title} {...(made || offered ? {} : { onClose: onDone })}>
      {made || offered ? (
        <>
          {made && (
            <>
              <p>{visible(words.shown(made.name))}</p>
              <p>
                <code class="secret">{made.key}</code>
              </p>
            </>
          )}
          {offered && (
            <>
              <p>{words.scan(String(offered.expiresInSeconds / 60))}</p>
              <Qr text={`${location.origin}/#pair=${offered.code}`} label={words.code} />
              <p>
                {words.code}: <code class="secret">{offered.code}</code>
              </p>
            </>
          )}
          <div class="buttons">
            <button type="button" class="primary" onClick={onDone}>
              {buttons.done}
            </button>
          </div>
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            run(make);
          }}
        >
          {!isPairing && (
            <label class="field">
              <span>{words.name}</span>
              <input
                value={name}
                required
                maxLength={64}
                autocomplete="off"
                onInput={({ currentTarget }) => setName(currentTarget.value)}
              />
            </label>
          )}
          <label class="field">
            <span>{words.role}</span>
            <select value={role} onChange={({ currentTarget }) => setRole(currentTarget.value)}>
              {ROLES.map((one) => (
                <option key={one} value={one}>
                  {words.roles[one]}
                </option>
              ))}
            </select>
          </label>
          <Message text={problem?.message} hint={problem?.hint} />
          <div class="buttons">
            <button type="submit" class="primary" disabled={isBusy}>
              {title}
            </button>
            <button type="button" onClick={onDone}>
              {texts.buttons.cancel}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
