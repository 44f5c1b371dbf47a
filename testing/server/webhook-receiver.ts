import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A delivery as it came. */
export interface Taken {
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

/** A webhook on this machine that answers with these statuses in turn, the last for ever. */
export async function webhookReceiver(...statuses: number[]) {
  const taken: Taken[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      taken.push({ body, headers: request.headers });
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      response.writeHead(status ?? 200, { location: "http://127.0.0.1:1/elsewhere" });
      response.end("x".repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, taken, close: () => void server.close() };
}
