import { createRequire } from "node:module";
import { KeyError } from "./key-source.js";

type Pkcs11Module = typeof import("pkcs11js");
export type Pkcs11 = import("pkcs11js").PKCS11;
export type Handle = Buffer;

/** Numbers of PKCS #11 v2.40 that are used here. */
export const CK = {
  O_SECRET_KEY: 4,
  O_PRIVATE_KEY: 3,
  O_PUBLIC_KEY: 2,
  K_AES: 0x1f,
  K_EC: 0x03,
  M_AES_KEY_GEN: 0x1080,
  M_AES_CMAC: 0x108a,
  M_EC_KEY_PAIR_GEN: 0x1040,
  M_ECDSA: 0x1041,
  A_CLASS: 0x00,
  A_TOKEN: 0x01,
  A_PRIVATE: 0x02,
  A_LABEL: 0x03,
  A_VALUE: 0x11,
  A_KEY_TYPE: 0x100,
  A_ID: 0x102,
  A_SENSITIVE: 0x103,
  A_SIGN: 0x108,
  A_VERIFY: 0x10a,
  A_VALUE_LEN: 0x161,
  A_EXTRACTABLE: 0x162,
  A_EC_PARAMS: 0x180,
  A_EC_POINT: 0x181,
  F_RW_SESSION: 2,
  F_SERIAL_SESSION: 4,
  U_USER: 1,
} as const;

export type Template = { type: number; value: number | boolean | string | Buffer }[];

/** DER of the object identifier of secp256k1, 1.3.132.0.10. */
export const SECP256K1_OID = Buffer.from("06052b8104000a", "hex");

/** Where the keys are. */
export interface Pkcs11Options {
  /** Path of the vendor's PKCS #11 library. */
  readonly library: string;
  /** Label of the token. */
  readonly token: string;
  /** The user's PIN. */
  readonly pin: string;
}

/** An error of the library as ours. The library's text names the function and the return code, never a PIN. */
function hsmError(what: string, cause: unknown): KeyError {
  const code = cause instanceof Error ? (/CKR_\w+/.exec(cause.message)?.[0] ?? "no code") : "no code";
  return new KeyError("hsm", `HSM: ${what} (${code})`, { cause });
}

function load(): Pkcs11Module {
  try {
    return createRequire(import.meta.url)("pkcs11js") as Pkcs11Module;
  } catch (cause) {
    throw new KeyError("hsm", "HSM: the optional package pkcs11js is not installed", {
      cause,
      hint: "Run: npm install pkcs11js (it needs a C++ compiler).",
    });
  }
}

/** A logged-in session with one token. One operation at a time, as PKCS #11 demands of a session. */
export class Pkcs11Session {
  readonly library: Pkcs11;
  readonly handle: Handle;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(library: Pkcs11, handle: Handle) {
    this.library = library;
    this.handle = handle;
  }

  /** @throws KeyError `hsm` */
  static open(options: Pkcs11Options): Pkcs11Session {
    const library = new (load().PKCS11)();
    try {
      library.load(options.library);
      library.C_Initialize();
    } catch (cause) {
      throw hsmError(`the library ${options.library} does not load`, cause);
    }
    try {
      const slot = library
        .C_GetSlotList(true)
        .find((candidate) => library.C_GetTokenInfo(candidate).label.trim() === options.token);
      if (!slot) throw new KeyError("hsm", `HSM: no token with the label "${options.token}"`);
      const handle = library.C_OpenSession(slot, CK.F_SERIAL_SESSION | CK.F_RW_SESSION);
      library.C_Login(handle, CK.U_USER, options.pin);
      return new Pkcs11Session(library, handle);
    } catch (cause) {
      library.C_Finalize();
      if (cause instanceof KeyError) throw cause;
      throw hsmError(`the token "${options.token}" cannot be opened`, cause);
    }
  }

  /** Runs one operation after all earlier ones. @throws KeyError `hsm`, `closed` */
  run<T>(what: string, operation: () => T | Promise<T>): Promise<T> {
    const result = this.#tail.then(async () => {
      if (this.#closed) throw new KeyError("closed", "HSM: the session was closed");
      try {
        return await operation();
      } catch (cause) {
        throw cause instanceof KeyError ? cause : hsmError(what, cause);
      }
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Every object that matches. */
  find(template: Template): Handle[] {
    const { library, handle } = this;
    library.C_FindObjectsInit(handle, template);
    try {
      const found: Handle[] = [];
      for (let next = library.C_FindObjects(handle); next; next = library.C_FindObjects(handle))
        found.push(next);
      return found;
    } finally {
      library.C_FindObjectsFinal(handle);
    }
  }

  /** One attribute of an object as bytes. */
  attribute(object: Handle, type: number): Buffer {
    const value = this.library.C_GetAttributeValue(this.handle, object, [{ type }])[0]?.value;
    if (!Buffer.isBuffer(value)) throw new KeyError("hsm", "HSM: an attribute is missing");
    return value;
  }

  /** A signature or MAC with a key that stays in the token. */
  sign(mechanism: number, key: Handle, data: Uint8Array, length: number): Promise<Buffer> {
    return this.run("signing failed", () => {
      this.library.C_SignInit(this.handle, { mechanism }, key);
      return this.library.C_SignAsync(this.handle, Buffer.from(data), Buffer.alloc(length));
    });
  }

  /** Logs out and unloads the library after the operation in hand. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#tail;
    this.#closed = true;
    this.library.C_Logout(this.handle);
    this.library.C_CloseSession(this.handle);
    this.library.C_Finalize();
  }
}
