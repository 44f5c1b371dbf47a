import { runCommandLine } from "../../cli/edge.js";
import { openApiFile } from "../../server/api-file.js";
import { ApiKeys } from "../../server/keys.js";
import type { Role } from "../../server/roles.js";

/** An answer of an API. */
interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A client of an API with one key. */
export type ApiClient = (
  method: "GET" | "POST",
  path: string,
  request?: { readonly body?: unknown; readonly key?: string; readonly headers?: Record<string, string> },
) => Promise<ApiAnswer>;

/** A client of the API at an address. @param bearer its key */
export const apiClient =
  (url: string, bearer: string | undefined): ApiClient =>
  async (method, path, { body, key, headers = {} } = {}) => {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
        ...(key === undefined ? {} : { "idempotency-key": key }),
        ...headers,
      },
      ...(method === "POST" ? { body: typeof body === "string" ? body : JSON.stringify(body ?? {}) } : {}),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get("content-type") ?? "");
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : { text } };
  };

/** Opens a stream of events. @returns the data of each, as they come, until it ends */
export async function apiEvents(
  url: string,
  path: string,
  bearer: string,
): Promise<AsyncGenerator<Record<string, unknown>>> {
  const answer = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${bearer}` } });
  if (!answer.ok || !answer.body) throw new Error(`${path}: ${answer.status}`);
  return eventsOf(answer.body);
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Record<string, unknown>> {
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = text
        .slice(0, end)
        .split("\n")
        .flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
      text = text.slice(end + 2);
      if (data.length > 0) yield JSON.parse(data.join("\n"));
    }
  }
}

/** A key of a folder's API. */
export function keyOf(folder: string, role: Role): { readonly id: string; readonly key: string } {
  const file = openApiFile(folder);
  try {
    return new ApiKeys(file).add(`test ${role}`, role);
  } finally {
    file.close();
  }
}

/**
 * The command line of a server that runs until it is stopped.
 * @param args with `--http 127.0.0.1:0` among them
 * @param env added to that of this process
 */
export async function serveCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const stop = new AbortController();
  let out = "";
  let err = "";
  let told: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => {
    told = resolve;
  });
  const ended = runCommandLine(args, {
    out: (text) => {
      out += text;
      const [found] = /https?:\/\/[^\s"]+\//.exec(out) ?? [];
      if (found !== undefined) told(found);
    },
    err: (text) => {
      err += text;
    },
    env: { ...process.env, ...env },
    signal: stop.signal,
  });
  const failed = ended.then((code) => {
    throw new Error(`the server ended with ${code}:\n${out}${err}`);
  });
  const at = await Promise.race([url, failed]);
  failed.catch(() => undefined);
  return {
    url: at,
    output: () => out + err,
    async stop() {
      stop.abort();
      return await ended;
    },
  };
}
