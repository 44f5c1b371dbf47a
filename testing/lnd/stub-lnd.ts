import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { LndAccess } from "../../lightning/nodes/lnd/access.js";
import type { DuplexCalls, StreamCalls, UnaryCalls } from "../../lightning/nodes/lnd/calls.js";
import { methodOf } from "../../lightning/nodes/lnd/protos.js";
import { type SelfSigned, selfSigned } from "./certificate.js";

/** An error that the stub answers with. */
export class StubError extends Error {
  readonly code: number;

  constructor(details: string, code: number = status.UNKNOWN) {
    super(details);
    this.code = code;
  }
}

/** The stub's end of a stream. */
interface StubStream<Response> {
  write(message: Partial<Response>): void;
  end(): void;
  fail(error: StubError): void;
}

/** What the stub does for each call; a call that is not there is not implemented. */
export type StubCalls = {
  [Name in keyof UnaryCalls]?: (
    request: UnaryCalls[Name]["request"],
  ) => Partial<UnaryCalls[Name]["response"]> | Promise<Partial<UnaryCalls[Name]["response"]>>;
} & {
  [Name in keyof StreamCalls]?: (
    request: StreamCalls[Name]["request"],
    stream: StubStream<StreamCalls[Name]["response"]>,
  ) => void;
} & {
  [Name in keyof DuplexCalls]?: (
    stream: StubStream<DuplexCalls[Name]["response"]>,
    hear: (listener: (message: DuplexCalls[Name]["request"]) => void) => void,
  ) => void;
};

type AnyCalls = Readonly<Record<string, ((...args: readonly unknown[]) => unknown) | undefined>>;

/** A macaroon of lnd's form whose content only the stub looks at. @param id any text */
export const stubMacaroon = (id: string): Buffer => Buffer.concat([Buffer.of(2), Buffer.from(id, "utf8")]);

/**
 * A server of lnd's interface over real TLS and gRPC in this process, which answers what a test wants. It refuses
 * other macaroons than its own as lnd does. What it says of itself is up to the test; no money is behind it.
 */
export class StubLnd {
  readonly #folder: string;
  #server: Server | undefined;
  /** May be changed at any time. */
  calls: StubCalls;
  macaroon: Buffer = stubMacaroon("first");
  tls: SelfSigned = selfSigned();
  port = 0;
  /** Names of the calls that were made, in order. */
  readonly made: string[] = [];
  /** Names of the streams of answers that were left before their end. */
  readonly left: string[] = [];

  private constructor(folder: string, calls: StubCalls) {
    this.#folder = folder;
    this.calls = calls;
  }

  static async start(folder: string, calls: StubCalls): Promise<StubLnd> {
    const stub = new StubLnd(folder, calls);
    await stub.start();
    stub.writeFiles();
    return stub;
  }

  get access(): LndAccess & { readonly certificate: string } {
    return {
      address: `127.0.0.1:${this.port}`,
      certificate: join(this.#folder, "tls.cert"),
      macaroon: join(this.#folder, "chequecard.macaroon"),
    };
  }

  /** Writes certificate and macaroon to where `access` says. */
  writeFiles(): void {
    writeFileSync(this.access.certificate, this.tls.certificate);
    writeFileSync(this.access.macaroon, this.macaroon);
  }

  /** Listens, at the same port as before if there was one. */
  async start(): Promise<void> {
    const server = new Server();
    const names = Object.keys(METHODS) as (keyof typeof METHODS)[];
    for (const service of new Set(names.map((name) => name.split("/")[0] ?? ""))) {
      const own = names.filter((name) => name.startsWith(`${service}/`));
      server.addService(
        Object.fromEntries(own.map((name) => [name, methodOf(name)])),
        Object.fromEntries(own.map((name) => [name, METHODS[name](this, name)])),
      );
    }
    const key = { private_key: Buffer.from(this.tls.key), cert_chain: Buffer.from(this.tls.certificate) };
    const credentials = ServerCredentials.createSsl(null, [key]);
    this.port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.port}`, credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    this.#server = server;
  }

  /** Goes away at once, connections with it. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  /** @throws StubError as lnd for a macaroon that is not its own */
  expectMacaroon(hex: unknown): void {
    if (hex !== this.macaroon.toString("hex"))
      throw new StubError("verification failed: signature mismatch after caveat verification");
  }

  handlerOf(name: string): (...args: readonly unknown[]) => unknown {
    this.made.push(name);
    const handler = (this.calls as AnyCalls)[name];
    if (!handler) throw new StubError(`unknown method ${name}`, status.UNIMPLEMENTED);
    return handler;
  }
}

const errorOf = (cause: unknown) => ({
  code: cause instanceof StubError ? cause.code : status.INTERNAL,
  details: cause instanceof Error ? cause.message : "failed",
});

const unary =
  (stub: StubLnd, name: string) =>
  (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>): void => {
    Promise.resolve()
      .then(() => {
        // The only service that lnd lets anybody ask.
        if (!name.startsWith("lnrpc.State/")) stub.expectMacaroon(call.metadata.get("macaroon")[0]);
        return stub.handlerOf(name)(call.request);
      })
      .then(
        (response) => answer(null, response as object),
        (cause: unknown) => answer(errorOf(cause)),
      );
  };

function streamOf(call: ServerWritableStream<object, object> | ServerDuplexStream<object, object>) {
  const stream: StubStream<object> = {
    write: (message) => void call.write(message),
    end: () => call.end(),
    fail: (error) => void call.emit("error", errorOf(error)),
  };
  return stream;
}

const streaming =
  (stub: StubLnd, name: string) =>
  (call: ServerWritableStream<object, object>): void => {
    const stream = streamOf(call);
    call.on("cancelled", () => {
      if (!call.writableEnded) stub.left.push(name);
    });
    try {
      stub.expectMacaroon(call.metadata.get("macaroon")[0]);
      stub.handlerOf(name)(call.request, stream);
    } catch (cause) {
      call.emit("error", errorOf(cause));
    }
  };

const bothWays =
  (stub: StubLnd, name: string) =>
  (call: ServerDuplexStream<object, object>): void => {
    const stream = streamOf(call);
    try {
      stub.expectMacaroon(call.metadata.get("macaroon")[0]);
      stub.handlerOf(name)(stream, (listener: (message: object) => void) => call.on("data", listener));
    } catch (cause) {
      call.emit("error", errorOf(cause));
    }
  };

const METHODS = {
  "lnrpc.State/GetState": unary,
  "lnrpc.Lightning/GetInfo": unary,
  "lnrpc.Lightning/ListChannels": unary,
  "lnrpc.Lightning/PendingChannels": unary,
  "lnrpc.Lightning/AddInvoice": unary,
  "lnrpc.Lightning/ListInvoices": unary,
  "lnrpc.Lightning/ListPayments": unary,
  "lnrpc.Lightning/ConnectPeer": unary,
  "lnrpc.Lightning/SendCustomMessage": unary,
  "lnrpc.Lightning/LookupHtlcResolution": unary,
  "lnrpc.Lightning/ClosedChannels": unary,
  "lnrpc.Lightning/GetTransactions": unary,
  "invoicesrpc.Invoices/CancelInvoice": unary,
  "invoicesrpc.Invoices/LookupInvoiceV2": unary,
  "lnrpc.Lightning/SubscribeInvoices": streaming,
  "lnrpc.Lightning/SubscribePeerEvents": streaming,
  "lnrpc.Lightning/SubscribeCustomMessages": streaming,
  "routerrpc.Router/SendPaymentV2": streaming,
  "routerrpc.Router/TrackPaymentV2": streaming,
  "routerrpc.Router/TrackPayments": streaming,
  "routerrpc.Router/SubscribeHtlcEvents": streaming,
  "routerrpc.Router/HtlcInterceptor": bothWays,
} as const;
