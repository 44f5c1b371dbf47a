import { useDesk } from "./desk.js";
import { Keys } from "./keys.js";
import { Facts, Table } from "./parts.js";

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
