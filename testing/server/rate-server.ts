import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A source of rates on this machine, which answers as `answer` does. */
export async function rateServer(answer: (response: ServerResponse, path: string) => void) {
  const asked: string[] = [];
  const state = { answer };
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    state.answer(response, request.url ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/price`,
    asked,
    /** Answers so from now on. */
    answerWith(next: (response: ServerResponse, path: string) => void): void {
      state.answer = next;
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Answers a price as JSON. */
export const price = (value: unknown) => (response: ServerResponse) =>
  void response
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ data: { amount: value } }));
