/** What a state looks like beside its words and its colour. */
export type SignName = "wait" | "card" | "work" | "good" | "bad" | "later" | "again" | "key" | "unknown";

const PATHS: Readonly<Record<SignName, string>> = {
  // Waves of a reader.
  wait: "M14 24a6 6 0 0 1 0 0M20 16a12 12 0 0 1 0 16M26 11a19 19 0 0 1 0 26M32 6a26 26 0 0 1 0 36",
  card: "M6 12h36v24H6zM6 19h36M11 29h9",
  work: "M24 8v16l10 6M24 4a20 20 0 1 1 0 40 20 20 0 0 1 0-40z",
  good: "M8 26l11 11L40 13",
  bad: "M12 12l24 24M36 12L12 36",
  later: "M14 6h20M14 42h20M16 6c0 10 16 12 16 18S16 32 16 42M32 6c0 10-16 12-16 18s16 8 16 18",
  again: "M38 16A16 16 0 1 0 40 26M40 8v10H30",
  key: "M12 20h24v20H12zM17 20v-5a7 7 0 0 1 14 0v5M24 28v5",
  unknown: "M17 17a7 7 0 1 1 9 7c-2 1-2 3-2 5M24 37v1",
};

/** A sign; what it means stands in words beside it. */
export function Sign({ name }: { readonly name: SignName }) {
  return (
    <svg class="sign" viewBox="0 0 48 48" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
