import { HttpProblem } from "./problem.js";

/** Reads a body as text, and no more of it than is needed. @throws HttpProblem `too-long`, `parse` */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLong = new HttpProblem(413, "too-long", `body: need at most ${maxBytes} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLong;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw tooLong;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new HttpProblem(400, "parse", "body: not UTF-8");
  }
}

/** Reads a body of JSON. @throws HttpProblem `too-long`, `not-json`, `parse` */
export async function readJson(
  request: Request,
  maxBytes: number,
): Promise<{ readonly text: string; readonly value: unknown }> {
  const text = await readText(request, maxBytes);
  if (!/^application\/json(;|$)/i.test(request.headers.get("content-type") ?? ""))
    throw new HttpProblem(415, "not-json", "Content-Type: need application/json");
  try {
    return { text, value: JSON.parse(text) };
  } catch {
    throw new HttpProblem(400, "parse", "body: not JSON");
  }
}
