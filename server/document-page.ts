/** Text of others as HTML. */
const escaped = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: unknown }>> }>
  >;
}

export const PAGE_STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#111;background:#fff}
pre{overflow-x:auto;background:#f3f3f3;padding:.5rem}h2{margin-top:2rem;font-size:1.1rem}code{font-size:1rem}
@media(prefers-color-scheme:dark){body{color:#eee;background:#111}pre{background:#222}}`;

const schemaOf = (name: string, schema: unknown): string =>
  `<details><summary>${name}</summary><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></details>`;

function section(path: string, method: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation;
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  const answers = Object.entries(responses).flatMap(([status, { content = {} }]) =>
    /^2/.test(status)
      ? Object.entries(content).map(([type, { schema }]) =>
          schemaOf(`Answer ${status}, ${escaped(type)}`, schema),
        )
      : [],
  );
  const names = parameters.map(
    ({ name, in: place, required }) =>
      `<code>${escaped(name)}</code> (${place}${required ? "" : ", optional"})`,
  );
  return [
    `<section><h2><code>${method.toUpperCase()} ${escaped(path)}</code></h2>`,
    `<p>${escaped(summary)}. ${description === undefined ? "Open to everybody." : escaped(description)}</p>`,
    names.length === 0 ? "" : `<p>${names.join(", ")}</p>`,
    body === undefined ? "" : schemaOf("Body", body),
    ...answers,
    "</section>",
  ].join("\n");
}

/** An OpenAPI document as a page for people, without scripts and without anything from elsewhere. */
export function documentPage(document: Readonly<Record<string, unknown>>): string {
  const { title, description } = document.info as { title: string; description: string };
  const paths = document.paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const sections = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(path, method, operation)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><link rel="stylesheet" href="/api.css"></head>
<body><h1>${escaped(title)}</h1><p>${escaped(description)}</p>
<p>The same for programs: <a href="/v1/openapi.json">OpenAPI 3.1</a>.</p>
${sections.join("\n")}
</body></html>
`;
}
