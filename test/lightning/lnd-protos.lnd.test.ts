import { join } from "node:path";
import {
  type AnyDefinition,
  loadSync,
  type MessageTypeDefinition,
  type PackageDefinition,
} from "@grpc/proto-loader";
import { describe, expect, it } from "vitest";
import { protoFolder } from "../../lightning/nodes/lnd/protos.js";

/** Descriptors as the loader hands them over (descriptor.proto of Protocol Buffers). */
interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName: string;
}
interface Descriptor {
  readonly field?: readonly Field[];
  readonly value?: readonly { readonly name: string; readonly number: number }[];
}
interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestType: { readonly type: { readonly name: string } };
  readonly responseType: { readonly type: { readonly name: string } };
}

const describeField = ({ number, label, type, typeName }: Field): string =>
  [number, label, type, typeName.split(".").at(-1)].join(" ");

/** Everything that decides about bytes: fields, values of enumerations, methods; by name. */
function facts(definition: AnyDefinition): Map<string, string> {
  const found = new Map<string, string>();
  if ("format" in definition) {
    const { field = [], value = [] } = definition.type as Descriptor;
    for (const one of field) found.set(one.name, describeField(one));
    for (const one of value) found.set(one.name, String(one.number));
    return found;
  }
  for (const [name, method] of Object.entries(definition as unknown as Record<string, Method>))
    found.set(
      name,
      [
        method.path,
        method.requestStream,
        method.responseStream,
        method.requestType.type.name,
        method.responseType.type.name,
      ].join(" "),
    );
  return found;
}

/** What ours says and lnd's does not, or differently. */
function differences(ours: PackageDefinition, theirs: PackageDefinition): string[] {
  return Object.entries(ours).flatMap(([name, definition]) => {
    const other = theirs[name];
    if (!other) return [`${name}: lnd has none`];
    const expected = facts(other);
    return [...facts(definition)].flatMap(([part, fact]) =>
      expected.get(part) === fact ? [] : [`${name}.${part}: ${fact}, lnd: ${expected.get(part) ?? "none"}`],
    );
  });
}

const load = (folder: string, files: readonly string[]): PackageDefinition =>
  loadSync([...files], { includeDirs: [folder], keepCase: true });

const ours = load(protoFolder(), ["lightning.proto", "state.proto", "invoices.proto", "router.proto"]);

describe("the interface of lnd as it is written down here", () => {
  it("agrees with lnd's own files in every field, number, type, enumeration and method", () => {
    const folder = join(process.env.CHEQUECARD_LND ?? "", "protos");
    const theirs = load(folder, [
      "lightning.proto",
      "stateservice.proto",
      "invoicesrpc/invoices.proto",
      "routerrpc/router.proto",
    ]);
    expect(Object.keys(ours).length).toBeGreaterThan(50);
    expect(differences(ours, theirs)).toEqual([]);
  });

  it("is compared field by field: another number, type or name is seen", () => {
    const change = (name: string, part: object): PackageDefinition => {
      const definition = ours[name];
      if (!definition || !("fileDescriptorProtos" in definition)) throw new Error(`no message ${name}`);
      const { field = [] } = definition.type as Descriptor;
      const [first, ...rest] = field;
      const changed: MessageTypeDefinition<object, object> = {
        fileDescriptorProtos: definition.fileDescriptorProtos as Buffer[],
        format: "Protocol Buffer 3 DescriptorProto",
        type: { field: [{ ...first, ...part }, ...rest] },
        serialize: () => Buffer.of(),
        deserialize: () => ({}),
      };
      return { ...ours, [name]: changed };
    };
    for (const part of [
      { number: 99 },
      { type: "TYPE_BOOL" },
      { name: "other" },
      { label: "LABEL_REPEATED" },
    ])
      expect(differences(change("lnrpc.LightningAddress", part), ours)).toHaveLength(1);
  });
});
