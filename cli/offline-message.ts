import { readBoundedFile } from "../common/index.js";
import { MAX_PICTURE_BYTES, type OdtMessage, odtFromHex, readQrPng } from "../lightning/odt/index.js";
import { InputError } from "./error-report.js";

/** Where an offline message comes from, and how its type is written. */
export interface MessageOptions {
  /** A picture of its QR code. */
  readonly png?: string;
  /** Two bytes unless asked for one; never guessed (specs/06 §2). */
  readonly oneByteType?: boolean;
}

export const framingOf = ({ oneByteType }: Pick<MessageOptions, "oneByteType">) =>
  ({ typeLength: oneByteType ? 1 : 2 }) as const;

/**
 * The text of an offline message: given as it is, or read off a picture.
 * @throws InputError when there is not exactly one of the two; FileError when the picture cannot be read; ParseError
 */
export function messageText(text: string | undefined, { png }: MessageOptions): string {
  if ((text === undefined) === (png === undefined))
    throw new InputError("need either the hex of a message or --png FILE", {
      hint: "A scanner or a camera gives the hex; --png reads a picture of the QR code.",
    });
  return text ?? readQrPng(readBoundedFile(png ?? "", MAX_PICTURE_BYTES));
}

/** Reads an offline message. @throws InputError, ParseError naming the field, never its content */
export const readMessage = (text: string | undefined, options: MessageOptions): OdtMessage =>
  odtFromHex(messageText(text, options), framingOf(options));
