import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { MethodDefinition } from "@grpc/proto-loader";
import { loadSync } from "@grpc/proto-loader";
import type { LndMethod } from "./calls.js";

const FILES = ["lightning.proto", "state.proto", "invoices.proto", "router.proto"];
const FOLDER = "lightning/nodes/lnd/protos";

/** The folder of the `.proto` files: beside the sources, of which the package has a copy above its compiled files. */
export function protoFolder(from = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const protos = join(folder, FOLDER);
    if (existsSync(protos)) return protos;
    if (dirname(folder) === folder) throw new RangeError(`no folder ${FOLDER} above ${from}`);
  }
}

/** How a request and a response of a call become bytes and are made from them. */
export type LndMethodDefinition = MethodDefinition<object, object>;

let methods: ReadonlyMap<string, LndMethodDefinition> | undefined;

function load(): ReadonlyMap<string, LndMethodDefinition> {
  const found = new Map<string, LndMethodDefinition>();
  const loaded = loadSync(FILES, {
    includeDirs: [protoFolder()],
    keepCase: true,
    // A double would round amounts.
    longs: String,
    enums: String,
    defaults: true,
    oneofs: false,
  });
  for (const [service, definition] of Object.entries(loaded))
    if (!("format" in definition))
      for (const [method, one] of Object.entries(definition)) found.set(`${service}/${method}`, one);
  return found;
}

/** The definition of a call; the files are read at the first one. */
export function methodOf(name: LndMethod): LndMethodDefinition {
  methods ??= load();
  const method = methods.get(name);
  if (!method) throw new RangeError(`${name} is not in ${FOLDER}`);
  return method;
}
