import { useState } from "preact/hooks";
import type { KeyAnswer } from "../../server/desk/overview-answers.js";
import type { Json } from "../shell/json.js";
import { Confirm } from "./confirm.js";
import { useDesk } from "./desk.js";
import { Facts, Table, WithData } from "./parts.js";
import { useData } from "./use-data.js";

type Key = Json<KeyAnswer>;

/** What the configuration allows, and the keys of this desk. */
export function SettingsView() {
  const { session, settings, format, mayMove } = useDesk();
  const { settings: words, limits } = session.texts;
  return (
    <>
      <h2>{words.title}</h2>
      <Facts
        rows={[
          [words.maxTopUp, format.sat(settings.maxTopUp)],
          [words.zone, settings.timeZone],
          [words.network, settings.network],
          [words.letters, settings.letters ? words.written : words.notWritten],
        ]}
      />
      <section>
        <h3>{words.policies}</h3>
        {settings.policies.length === 0 ? (
          <p class="muted">{session.texts.none}</p>
        ) : (
          <Table
            caption={words.policies}
            head={[words.name, limits.policy]}
            rows={settings.policies.map(({ name, sentences }) => [name, sentences.join(" ")])}
          />
        )}
      </section>
      {mayMove && <Keys />}
    </>
  );
}

function Keys() {
  const { session, settings, format } = useDesk();
  const { texts, api } = session;
  const { settings: words } = texts;
  const loaded = useData<{ readonly keys: readonly Key[] }>("/v1/keys");
  const [asked, setAsked] = useState<Key>();
  return (
    <section>
      <h3>{words.keys}</h3>
      <p class="muted">{words.keysHelp}</p>
      <WithData loaded={loaded}>
        {({ keys }) => (
          <Table
            caption={words.keys}
            head={[words.name, words.role, words.made, texts.card.state, texts.buttons.revoke]}
            rows={keys.map((key) => [
              key.id === settings.key ? `${key.name} (${words.own})` : key.name,
              words.roles[key.role],
              format.time(key.createdAt),
              key.revokedAt === undefined ? words.holds : words.ended(format.time(key.revokedAt)),
              key.revokedAt === undefined && (
                <button key="end" type="button" class="danger" onClick={() => setAsked(key)}>
                  {texts.buttons.revoke}
                </button>
              ),
            ])}
          />
        )}
      </WithData>
      {asked && (
        <Confirm
          title={words.keys}
          question={words.revokeQuestion(asked.name)}
          button={texts.buttons.revoke}
          isDanger
          onDone={() => {
            setAsked(undefined);
            loaded.reload();
          }}
          work={async () => void (await api.post(`/v1/keys/${asked.id}/revoke`))}
        />
      )}
    </section>
  );
}
