import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

/*
 * A server of Bolt Cards as somebody else would write it: from LUD-03, LUD-17, the draft of pinLimit and NXP's AN12196 alone,
 * without a line of this project. It has the invoices paid by the process that started it.
 */

/** What the server is started with, as JSON in the first argument. */
export interface ForeignOrder {
  readonly k1: string;
  readonly k2: string;
  readonly min?: number;
  readonly max?: number;
  readonly pinLimit?: number;
  readonly pin?: string;
  /** What it answers with by HTTPS, PEM; without by HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** How it misbehaves. */
  readonly whim?: Whim;
}

export type Whim =
  | "refuses the card"
  | "never answers"
  | "drips"
  | "answers 10 MB"
  | "redirects"
  | "answers a page"
  | "answers twice"
  | "calls back into the network"
  | "calls back without TLS elsewhere"
  | "one k1 for all"
  | "pays and never answers the callback"
  | "pays and says no"
  | "pays and hangs up"
  | "says yes and does not pay"
  | "says yes with another invoice"
  | "redirects the callback"
  | "answers the callback with 10 MB"
  | "says no";

const order = JSON.parse(process.argv[2] ?? "{}") as ForeignOrder;
const { whim } = order;
const sessions = new Map<string, { paid: boolean; tries: number }>();
let highest = 0;

process.on("message", (message: { readonly stop?: true }) => message.stop && process.exit(0));
process.on("disconnect", () => process.exit(0));
const tell = (what: object): void => void process.send?.(what);

const hash = (text = ""): Buffer => createHash("sha256").update(text).digest();
const aes = (key: Buffer, block: Buffer): Buffer =>
  createCipheriv("aes-128-ecb", key, null).setAutoPadding(false).update(block);
function doubled(block: Buffer): Buffer {
  const out = Buffer.from(block.map((byte, at) => (byte << 1) | ((block[at + 1] ?? 0) >> 7)));
  if ((block[0] ?? 0) & 0x80) out[15] = (out[15] ?? 0) ^ 0x87;
  return out;
}
/** RFC 4493 for one block, whole or empty. */
function cmac(key: Buffer, message: Buffer): Buffer {
  const first = doubled(aes(key, Buffer.alloc(16)));
  const subkey = message.length === 16 ? first : doubled(first);
  const block = message.length === 16 ? message : Buffer.concat([Buffer.of(0x80), Buffer.alloc(15)]);
  return aes(key, Buffer.from(block.map((byte, at) => byte ^ (subkey[at] ?? 0))));
}

/** The counter of a right address. */
function counterOf(p: string, c: string): number | undefined {
  const open = createDecipheriv("aes-128-ecb", Buffer.from(order.k1, "hex"), null).setAutoPadding(false);
  const plain = open.update(Buffer.from(p, "hex"));
  if (plain[0] !== 0xc7) return undefined;
  const vector = Buffer.concat([Buffer.from("3cc300010080", "hex"), plain.subarray(1, 11)]);
  const mac = cmac(cmac(Buffer.from(order.k2, "hex"), vector), Buffer.alloc(0));
  const short = Buffer.from(mac.filter((_, at) => at % 2 === 1)).toString("hex");
  return short === c.toLowerCase() ? plain.readUIntLE(8, 3) : undefined;
}

const json = (answer: ServerResponse, value: object): unknown => answer.end(JSON.stringify(value));
const no = (answer: ServerResponse, reason: string): unknown => json(answer, { status: "ERROR", reason });
/** 64 MB, as fast as they are read, so that no buffer of the system holds them all. */
function huge(answer: ServerResponse): unknown {
  let left = 1024;
  const part = Buffer.alloc(64 * 1024, " ");
  const more = (): void => {
    while (left-- > 0) if (!answer.write(part)) return;
    answer.end("{}");
  };
  answer.on("drain", more);
  answer.on("close", () => tell({ closed: answer.writableFinished ? "whole" : "cut" }));
  more();
  return undefined;
}

function offer(url: URL, host: string, answer: ServerResponse): unknown {
  const counter = counterOf(url.searchParams.get("p") ?? "", url.searchParams.get("c") ?? "");
  tell({ offered: counter ?? "wrong" });
  if (counter === undefined || counter <= highest) return no(answer, "bad card");
  highest = counter;
  if (whim === "refuses the card") return no(answer, "card \u001b[2Jblocked");
  if (whim === "never answers") return undefined;
  if (whim === "drips") return setInterval(() => answer.write(" "), 50);
  if (whim === "answers 10 MB") return huge(answer);
  if (whim === "redirects") return answer.writeHead(302, { location: `http://${host}/elsewhere` }).end();
  if (whim === "answers a page") return answer.end("<html>hello</html>");
  const k1 = whim === "one k1 for all" ? "01".repeat(16) : randomBytes(16).toString("hex");
  sessions.set(k1, { paid: false, tries: 3 });
  const callback =
    whim === "calls back into the network"
      ? "https://metadata.example/cb"
      : whim === "calls back without TLS elsewhere"
        ? "ftp://cards.example/cb"
        : `${order.tls ? "https" : "http"}://${host}/cb`;
  const { min = 1000, max = 10_000_000, pinLimit } = order;
  const text = JSON.stringify({
    ...{ tag: "withdrawRequest", callback, k1, defaultDescription: "Bolt Card" },
    ...{ minWithdrawable: min, maxWithdrawable: max, pinLimit },
  });
  return answer.end(whim === "answers twice" ? text + text : text);
}

const waiting = new Map<string, (paid: boolean) => void>();
process.on("message", (message: { readonly paid?: string; readonly done?: boolean }) => {
  if (message.paid !== undefined) waiting.get(message.paid)?.(message.done === true);
});
const payInvoice = (invoice: string): Promise<boolean> =>
  new Promise((resolve) => {
    waiting.set(invoice, resolve);
    tell({ pay: invoice });
  });

async function callback(url: URL, host: string, answer: ServerResponse): Promise<unknown> {
  const [k1 = "", pr = "", pin] = ["k1", "pr", "pin"].map((name) => url.searchParams.get(name) ?? undefined);
  tell({ called: { k1, pin } });
  const session = sessions.get(k1);
  if (!session || session.paid || session.tries === 0) return no(answer, "Link invalidated");
  if (order.pin !== undefined && !timingSafeEqual(hash(pin), hash(order.pin))) {
    session.tries--;
    return no(answer, "Invalid PIN");
  }
  session.paid = whim !== "one k1 for all";
  if (whim === "says no") return no(answer, "no money on \u202ethe card");
  if (whim === "says yes and does not pay") return json(answer, { status: "OK" });
  if (whim === "redirects the callback")
    return answer.writeHead(307, { location: `http://${host}/elsewhere` }).end();
  if (whim === "answers the callback with 10 MB") return huge(answer);
  if (whim === "says yes with another invoice")
    return json(answer, { status: "OK", pr: "lnbcrt1another", reason: "paid lnbcrt1another" });
  if (whim === "pays and never answers the callback") return await payInvoice(pr);
  if (whim === "pays and says no") {
    await payInvoice(pr);
    return no(answer, "no");
  }
  if (whim === "pays and hangs up") {
    await payInvoice(pr);
    return answer.destroy();
  }
  json(answer, { status: "OK" });
  return await payInvoice(pr);
}

const listener: RequestListener = (request: IncomingMessage, answer) => {
  const host = request.headers.host ?? "";
  const url = new URL(request.url ?? "/", `http://${host}`);
  if (url.pathname === "/ln") offer(url, host, answer);
  else if (url.pathname === "/cb") void callback(url, host, answer);
  else {
    tell({ elsewhere: url.pathname });
    answer.end();
  }
};
const { tls } = order;
const server = tls
  ? createTlsServer({ cert: tls.certificate, key: tls.key }, listener)
  : createServer(listener);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  tell({ port: typeof address === "object" && address ? address.port : 0 });
});
