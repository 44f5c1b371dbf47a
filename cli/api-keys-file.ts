import type { ApiKeys } from "../server/keys.js";

/** Opens the keys of a folder's API for the length of `use`; a server that runs goes on, and heeds them at once. */
export async function withKeys<T>(folder: string, use: (keys: ApiKeys) => T): Promise<T> {
  const [{ openApiFile }, { ApiKeys: Keys }] = [
    await import("../server/api-file.js"),
    await import("../server/keys.js"),
  ];
  const file = openApiFile(folder);
  try {
    return use(new Keys(file));
  } finally {
    file.close();
  }
}
