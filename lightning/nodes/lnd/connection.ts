import { type ClientReadableStream, type ServiceError, status } from "@grpc/grpc-js";
import { NodeError } from "../errors.js";
import {
  clientOf,
  type LndAccess,
  type LndClient,
  type LndCredentials,
  readCredentials,
  sameCredentials,
} from "./access.js";
import type { DuplexCalls, GetInfoResponse, LndMethod, StreamCalls, UnaryCalls } from "./calls.js";
import { failureOf, isAnswer, type LndPlace, nodeErrorOf } from "./errors.js";
import { type Macaroon, readMacaroon } from "./macaroon.js";
import { allows } from "./permissions.js";
import { methodOf } from "./protos.js";

/** Milliseconds that a call with one answer may take. */
const CALL_MS = 30_000;

/** Who reads a stream: messages one by one, then its end, once; without an error when the other side ended it. */
export interface StreamReader<Response> {
  data(message: Response): void;
  end(error?: NodeError): void;
}

/** A stream that is being read; after `cancel` its reader hears nothing more. */
export interface OpenStream {
  cancel(): void;
}

/** A stream both ways. */
export interface OpenDuplex<Request> extends OpenStream {
  write(message: Request): void;
}

/** Says what happens to the connection, for a log; never a secret. */
export type LndLog = (level: "info" | "warn" | "error", message: string) => void;

/**
 * Calls to one lnd over TLS with a macaroon. Certificate and macaroon are read again when a call fails, so that
 * neither a renewed certificate nor a new macaroon needs a restart, and are taken only if they open the same node.
 */
export class LndConnection {
  readonly place: LndPlace;
  readonly #access: LndAccess;
  readonly #log: LndLog;
  readonly #open = new Set<() => void>();
  #used: LndCredentials;
  #client: LndClient;
  #isClosed = false;
  #renewing: Promise<boolean> | undefined;
  /** What the macaroon of these bytes says. */
  #permissions: (Pick<Macaroon, "permissions"> & { readonly bytes: Uint8Array }) | undefined;
  /** Public key of the node, hex, once it is known. */
  #identity: string | undefined;

  /** Reads the files; the network is asked at the first call. @throws NodeError `permission` for a file */
  constructor(access: LndAccess, log: LndLog = () => {}) {
    this.#access = access;
    this.#log = log;
    this.place = { ...access, certificate: access.certificate ?? "the system's list of authorities" };
    this.#used = readCredentials(access);
    this.#client = clientOf(access, this.#used);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The macaroon in use. */
  get macaroon(): Uint8Array {
    return this.#used.macaroon;
  }

  /** Whether the macaroon in use lets its bearer make a call. @throws ParseError for what is no macaroon */
  allows(method: LndMethod): boolean {
    const bytes = this.#used.macaroon;
    if (this.#permissions?.bytes !== bytes) this.#permissions = { bytes, ...readMacaroon(bytes) };
    return allows(this.#permissions, method);
  }

  /** From now on no other node than this is spoken to, whatever the files say. @param identity hex */
  bind(identity: string): void {
    this.#identity = identity;
  }

  /** @throws NodeError; its cause is lnd's or gRPC's error, or none: `closed` */
  async call<Name extends keyof UnaryCalls>(
    name: Name,
    request: UnaryCalls[Name]["request"],
    deadlineMs = CALL_MS,
  ): Promise<UnaryCalls[Name]["response"]> {
    this.expectOpen();
    try {
      return await this.#unary(this.#client, name, request, deadlineMs);
    } catch (cause) {
      const error = this.#errorOf(cause, name);
      const failure = failureOf(cause);
      // What lnd has refused was not done: with another macaroon it may be asked for again.
      if ((await this.#renewFor(error)) && failure && isAnswer(failure)) {
        this.expectOpen();
        try {
          return await this.#unary(this.#client, name, request, deadlineMs);
        } catch (again) {
          throw this.#errorOf(again, name);
        }
      }
      throw this.#isClosed ? closed() : error;
    }
  }

  /** Opens a stream of answers. Its reader hears what fails. */
  stream<Name extends keyof StreamCalls>(
    name: Name,
    request: StreamCalls[Name]["request"],
    reader: StreamReader<StreamCalls[Name]["response"]>,
  ): OpenStream {
    this.expectOpen();
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    const { client, metadata } = this.#client;
    const stream = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
    );
    return { cancel: this.#read(stream, name, reader) };
  }

  /** Opens a stream both ways. Its reader hears what fails; what is written then is lost. */
  duplex<Name extends keyof DuplexCalls>(
    name: Name,
    reader: StreamReader<DuplexCalls[Name]["response"]>,
  ): OpenDuplex<DuplexCalls[Name]["request"]> {
    this.expectOpen();
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    const { client, metadata } = this.#client;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
    const cancel = this.#read(stream, name, reader);
    return { cancel, write: (message) => void (stream.writable && stream.write(message)) };
  }

  /** Ends the connection and everything that waits on it; lnd itself runs on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const end of [...this.#open]) end();
    this.#client.client.close();
  }

  /** @throws NodeError `closed` */
  expectOpen(): void {
    if (this.#isClosed) throw closed();
  }

  #errorOf(cause: unknown, name: string): NodeError {
    return this.#isClosed ? closed() : nodeErrorOf(cause, name, this.place);
  }

  #read<Response>(
    stream: ClientReadableStream<object>,
    name: string,
    reader: StreamReader<Response>,
  ): () => void {
    let isOver = false;
    let hasFailed = false;
    const over = (): boolean => {
      const first = !isOver;
      isOver = true;
      this.#open.delete(closing);
      return first;
    };
    const end = (error?: NodeError) => {
      if (over()) reader.end(error);
    };
    const cancel = () => {
      over();
      stream.cancel();
    };
    const closing = () => {
      end(closed());
      stream.cancel();
    };
    this.#open.add(closing);
    stream.on("data", (message: Response) => {
      if (isOver) return;
      try {
        reader.data(message);
      } catch (error) {
        // Such as an amount above all bitcoin: one message that cannot be read ends nothing.
        const problem = error instanceof Error ? error.message : "it cannot be read";
        this.#log("error", `lnd at ${this.place.address} says what makes no sense (${name}): ${problem}`);
      }
    });
    stream.on("error", (cause: Error) => {
      hasFailed = true;
      const error = this.#errorOf(cause, name);
      if (isOver) return;
      // The reader may ask again at once: then with the new files.
      void this.#renewFor(error).finally(() => end(error));
    });
    // It ends after an error as well.
    stream.on("end", () => {
      if (!hasFailed) end();
    });
    return cancel;
  }

  /** Reads the files again after an error that they may be the reason of. @returns whether others are in use now */
  #renewFor(error: NodeError): Promise<boolean> {
    if (this.#isClosed || (error.code !== "unreachable" && error.code !== "permission"))
      return Promise.resolve(false);
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(): Promise<boolean> {
    let candidate: LndClient | undefined;
    try {
      const found = readCredentials(this.#access);
      if (sameCredentials(found, this.#used)) return false;
      candidate = clientOf(this.#access, found);
      if (this.#identity !== undefined) await this.#expectSameNode(candidate, this.#identity);
      if (this.#isClosed) throw closed();
      this.#log("info", `certificate or macaroon of lnd at ${this.place.address} were read again`);
      const old = this.#client;
      this.#client = candidate;
      this.#used = found;
      old.client.close();
      return true;
    } catch (cause) {
      candidate?.client.close();
      const error = this.#errorOf(cause, "lnrpc.Lightning/GetInfo");
      if (!this.#isClosed) this.#log("warn", `the new certificate or macaroon is not used: ${error.message}`);
      return false;
    }
  }

  async #expectSameNode(client: LndClient, identity: string): Promise<void> {
    const info: GetInfoResponse = await this.#unary(client, "lnrpc.Lightning/GetInfo", {}, CALL_MS);
    if (info.identity_pubkey !== identity)
      throw new NodeError(
        "permission",
        `lnd at ${this.place.address} is another node now: ${info.identity_pubkey}, not ${identity}`,
      );
  }

  #unary<Name extends keyof UnaryCalls>(
    { client, metadata }: LndClient,
    name: Name,
    request: UnaryCalls[Name]["request"],
    deadlineMs: number,
  ): Promise<UnaryCalls[Name]["response"]> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    const deadline = Date.now() + deadlineMs;
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, answer) => {
          this.#open.delete(cancel);
          if (error) reject(overdue(error, deadline));
          // lnd's interface says what an answer to this call holds; a test compares it with lnd's own files.
          else resolve(answer as UnaryCalls[Name]["response"]);
        },
      );
      const cancel = () => call.cancel();
      this.#open.add(cancel);
    });
  }
}

/** lnd too cancels a call at its deadline, and may be heard before our own timer. */
const overdue = (error: ServiceError, deadline: number): ServiceError =>
  error.code === status.CANCELLED && Date.now() >= deadline
    ? Object.assign(error, { code: status.DEADLINE_EXCEEDED })
    : error;

const closed = (): NodeError => new NodeError("closed", "the node is closed");
