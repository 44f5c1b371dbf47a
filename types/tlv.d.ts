declare module "tlv" {
  export class TLV {
    constructor(tag: number, value: Buffer | TLV[]);
    readonly byteLength: number;
    encode(buffer?: Buffer): Buffer;
  }
}
