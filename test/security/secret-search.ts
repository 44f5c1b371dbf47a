import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A value that must stand nowhere. */
export interface Secret {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Base64 of the bytes wherever they lie in a longer text: without the ends, which depend on the neighbours. */
function base64Forms(bytes: Uint8Array): string[] {
  const forms = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(before === 0 ? 0 : before + 1, (bytes.length + before) % 3 === 0 ? undefined : -1);
  });
  return forms.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}

/** Every way in which bytes get into a text or a file. */
export function formsOf(bytes: Uint8Array): Buffer[] {
  const hex = Buffer.from(bytes).toString("hex");
  const numbers = [...bytes];
  const texts = [
    hex,
    hex.toUpperCase(),
    hex.replace(/..(?=.)/g, "$& "),
    hex.replace(/..(?=.)/g, "$&:"),
    ...base64Forms(bytes),
    numbers.join(","),
    numbers.join(", "),
    numbers.map((byte, i) => `"${i}":${byte}`).join(","),
  ];
  return [Buffer.from(bytes), ...texts.map((text) => Buffer.from(text, "latin1"))];
}

/** Names of the secrets that a text or a file holds in any form. */
export function secretsIn(content: Uint8Array, secrets: readonly Secret[]): string[] {
  const haystack = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return secrets.flatMap(({ name, bytes }) =>
    formsOf(bytes).some((form) => haystack.includes(form)) ? [name] : [],
  );
}

/** Every file below a folder with its bytes, by its path from there. */
export function filesBelow(folder: string): Map<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  );
}
