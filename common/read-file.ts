import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { ParseError } from "./errors.js";
import { FileError, systemReason } from "./file-error.js";
import { expectFile } from "./real-file.js";

/**
 * Bytes of a file, bounded before and while it is read. Never waits: what is no file is refused before it is opened.
 * @param maxLength in bytes
 * @throws FileError
 */
export function readBoundedFile(path: string, maxLength: number): Buffer {
  try {
    // Some devices do something when they are opened, so they are not.
    expectFile(path, statSync(path));
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = fstatSync(file);
      expectFile(path, found);
      if (found.size > maxLength) throw tooLong(path, maxLength, found.size);
      return readAll(file, found.size, path, maxLength);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError(path, `cannot be read (${systemReason(cause)})`, { cause });
  }
}

function readAll(file: number, size: number, path: string, maxLength: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    // One byte more than is expected: a file that grows, or whose length the system does not know, shows it.
    const part = Buffer.allocUnsafe(Math.max(size - length, 4095) + 1);
    const got = readSync(file, part);
    if (got === 0) return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
    parts.push(part.subarray(0, got));
    length += got;
    if (length > maxLength) throw tooLong(path, maxLength, length);
  }
}

const tooLong = (path: string, maxLength: number, length: number): FileError =>
  new FileError(path, `need at most ${maxLength} bytes, have ${length}`);

/** A file of UTF-8 text. @param maxLength in bytes @throws FileError; ParseError with the line that is not UTF-8 */
export const readTextFile = (path: string, maxLength: number): string =>
  decodeUtf8(readBoundedFile(path, maxLength), path);

const SAVE_AS_UTF8 =
  'Open it in the program that wrote it and save it as UTF-8 ("CSV UTF-8" in a spreadsheet).';

/** Text of UTF-8, with or without a byte order mark. @throws ParseError with the line that is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, path: string): string {
  const nul = bytes.indexOf(0);
  if (isUtf8(bytes) && nul < 0) return new TextDecoder().decode(bytes);
  if (utf16Of(bytes) !== undefined || nul >= 0)
    throw new ParseError(
      path,
      `line ${lineAt(bytes, Math.max(nul, 0))}: need UTF-8, this is UTF-16 or no text`,
      {
        hint: SAVE_AS_UTF8,
      },
    );
  throw new ParseError(
    path,
    `line ${firstBadLine(bytes)}: need UTF-8, this is another encoding, such as Windows-1252 (ANSI)`,
    { hint: SAVE_AS_UTF8 },
  );
}

/** The byte order that a mark of UTF-16 names. */
export function utf16Of([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

const lineAt = (bytes: Uint8Array, at: number): number =>
  bytes.subarray(0, at).reduce((line, byte) => line + (byte === 0x0a ? 1 : 0), 1);

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(start, next))) return line;
    start = next;
  }
  return line;
}
