import { request } from "node:https";

/** Where JSON is sent to over TLS. */
export interface JsonServer {
  readonly port: number;
  /** PEM; the only authority that is trusted. */
  readonly certificate: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface JsonRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

/** Sends a request and reads its answer line by line; a stream answers in many. @throws Error the connection's */
export async function* sendJson(
  { port, certificate, headers = {} }: JsonServer,
  { method, path, body }: JsonRequest,
): AsyncGenerator<string> {
  const response = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    const sent = request(
      {
        ...{ host: "127.0.0.1", port, method, path, headers, ca: certificate, agent: false },
        // Test certificates name the host, not always the address.
        checkServerIdentity: () => undefined,
      },
      resolve,
    );
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
  let text = "";
  for await (const chunk of response) {
    text += chunk.toString("utf8");
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (text !== "") yield text;
}
