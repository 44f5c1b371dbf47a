declare module "buffer-layout" {
  export class Layout<T = unknown> {
    readonly span: number;
    readonly property: string | undefined;
    decode(buffer: Uint8Array, offset?: number): T;
    encode(value: T, buffer: Uint8Array, offset?: number): number;
    replicate(property: string): this;
  }
  export function u8(property?: string): Layout<number>;
  export function u16be(property?: string): Layout<number>;
  export function u24be(property?: string): Layout<number>;
  export function u32be(property?: string): Layout<number>;
  export function blob(length: number, property?: string): Layout<Buffer>;
  export class Structure extends Layout<Record<string, unknown>> {
    /** Undefined for a property that there is none of. */
    offsetOf(property: string): number | undefined;
  }
  export function struct(fields: readonly Layout[], property?: string): Structure;
}
