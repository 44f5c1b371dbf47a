import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  FileError,
  ParseError,
  plural,
  readBoundedFile,
  syncFolder,
  systemReason,
  writeDurableFile,
} from "../../common/index.js";
import { MAX_PICTURE_BYTES, qrPng, readQrPng } from "../../lightning/odt/index.js";
import { CodesError, type CodesKind, CodesReader, MAX_CODES, writeCodes } from "../../offline/codes.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";

/** Most pictures in one command: each code a few times. */
const MAX_PICTURES = 4 * MAX_CODES;

/** Pictures of QR codes that were written. */
export interface WrittenCodes {
  readonly folder: string;
  readonly count: number;
}

/**
 * Refuses a folder that is there: pictures of two files would mix in it. Comes before anything is done that
 * cannot be taken back.
 * @throws InputError
 */
export function expectNewFolder(folder: string): void {
  try {
    if (!lstatSync(folder, { throwIfNoEntry: false })) return;
  } catch (cause) {
    throw new FileError(folder, `cannot be written (${systemReason(cause)})`, { cause });
  }
  throw new InputError(`--qr: ${folder} is there already; nothing was written`, {
    hint: "Name a folder that is not there yet, or remove this one.",
  });
}

/**
 * Writes a file as pictures of its QR codes, whole or not at all: the folder gets its name when every picture is in it.
 * @param folder that is not there yet; for its owner alone
 * @throws InputError, CodesError, FileError
 */
export function writePictures(folder: string, kind: CodesKind, file: Uint8Array): WrittenCodes {
  const path = resolve(folder);
  expectNewFolder(path);
  const codes = writeCodes(kind, file);
  const digits = String(codes.length).length;
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  const failed = (cause: unknown) =>
    new FileError(path, `cannot be written (${systemReason(cause)})`, { cause });
  try {
    mkdirSync(temporary, { mode: 0o700 });
  } catch (cause) {
    throw failed(cause);
  }
  try {
    for (const [index, code] of codes.entries()) {
      const number = String(index + 1).padStart(digits, "0");
      writeDurableFile(join(temporary, `${kind}-${number}-of-${codes.length}.png`), qrPng(code));
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    rmSync(temporary, { force: true, recursive: true });
    throw cause instanceof FileError ? cause : failed(cause);
  }
  return { folder: path, count: codes.length };
}

/**
 * Gives what people carry as a file, and what they carry as pictures as a file too: that lies in the node's folder, where the process
 * that runs the node can read it, and is removed at the end.
 * @param given one file of any kind, or a folder with pictures, or pictures
 * @throws InputError, CodesError, FileError, and what `use` throws
 */
export async function withCarriedFile<T>(
  context: CommandContext,
  given: readonly string[],
  kind: CodesKind,
  node: string,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const [only = ""] = given;
  if (given.length === 1 && !isFolder(only) && !isPicture(only)) return await use(only);
  const bytes = await readPictures(context, picturesIn(given), kind);
  return await withOwnFile(node, async (file) => {
    writeDurableFile(file, bytes);
    return await use(file);
  });
}

/** The path of a file in a folder of its own, which is removed at the end. @param node folder that is there @throws FileError */
export async function withOwnFile<T>(node: string, use: (file: string) => Promise<T>): Promise<T> {
  let folder: string;
  try {
    folder = mkdtempSync(join(resolve(node), ".codes-"));
  } catch (cause) {
    throw new FileError(node, `cannot be written to (${systemReason(cause)})`, { cause });
  }
  try {
    return await use(join(folder, "carried"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isPicture = (path: string): boolean => /\.png$/i.test(path);

/** What the system does not show is no folder: reading it as a file says why. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** @throws InputError */
function picturesIn(given: readonly string[]): string[] {
  const pictures = given.flatMap((path) => {
    if (!isFolder(path)) return [path];
    // What other systems put beside their files begins with a point.
    const names = namesIn(path).filter((name) => isPicture(name) && !name.startsWith("."));
    if (names.length === 0) throw new InputError(`${path}: no picture is there whose name ends with .png`);
    return names.sort().map((name) => join(path, name));
  });
  const [other] = pictures.filter((path) => !isPicture(path));
  if (other !== undefined)
    throw new InputError(`${other}: need one file, or pictures whose names end with .png`);
  if (pictures.length > MAX_PICTURES)
    throw new InputError(`need at most ${MAX_PICTURES} pictures, have ${pictures.length}`);
  return pictures;
}

/** @throws FileError */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new FileError(folder, `cannot be read (${systemReason(cause)})`, { cause });
  }
}

/** Problems that are shown when the codes are not all there. */
const MAX_SHOWN = 5;

/** A picture without a readable code matters only where its code is on no other. @throws CodesError, FileError */
async function readPictures(
  context: CommandContext,
  pictures: readonly string[],
  kind: CodesKind,
): Promise<Uint8Array> {
  context.note(`Reading ${plural(pictures.length, "picture")}.`);
  const reader = new CodesReader(kind);
  const problems: string[] = [];
  for (const picture of pictures) {
    // Lets Ctrl-C through between two pictures.
    await new Promise((resolved) => setImmediate(resolved));
    context.signal.throwIfAborted();
    const problem = takePicture(reader, picture);
    if (problem !== undefined) problems.push(`${picture}: ${problem}`);
  }
  try {
    return reader.whole();
  } catch (error) {
    if (!(error instanceof CodesError) || problems.length === 0) throw error;
    const more = problems.length > MAX_SHOWN ? [`and ${problems.length - MAX_SHOWN} more`] : [];
    throw new CodesError(error.code, error.message, {
      cause: error,
      hint: `Take these again: ${[...problems.slice(0, MAX_SHOWN), ...more].join("; ")}`,
    });
  }
}

/** What is wrong with a picture that another one may make good. @throws CodesError for one that is of something else */
function takePicture(reader: CodesReader, picture: string): string | undefined {
  try {
    reader.take(readQrPng(readBoundedFile(picture, MAX_PICTURE_BYTES)));
    return undefined;
  } catch (error) {
    if (error instanceof ParseError) return error.message.replace(/^picture: /, "");
    if (!(error instanceof CodesError)) throw error;
    if (error.code === "damaged") return error.message.replace(/\.$/, "");
    throw new CodesError(error.code, `${picture}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}
