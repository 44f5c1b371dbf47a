import { copyFileSync, writeFileSync } from "node:fs";

const DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/** The two slots of an ACR1252, as pcscd names them. */
export const ACR1252: readonly string[] = [
  "ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC]",
  "ACS ACR1252 1S CL Reader [ACR1252 Dual Reader SAM]",
];

/**
 * Writes a reader.conf with virtual readers of these names, for CHEQUECARD_PCSCD_CONFIG; each has two slots, at port
 * 35963 and the next, and so on. A copy of the driver serves each, since one keeps the connections of a single reader.
 * @param path of a file in a folder of the caller's
 * @returns the file
 */
export function readerConfig(path: (name: string) => string, ...names: readonly string[]): string {
  const entries = names.map((name, index) => {
    const port = `0x${(35963 + 2 * index).toString(16)}`;
    const driver = path(`driver-${index}.so`);
    copyFileSync(DRIVER, driver);
    return `FRIENDLYNAME "${name}"\nDEVICENAME /dev/null:${port}\nLIBPATH ${driver}\nCHANNELID ${port}\n`;
  });
  const file = path("reader.conf");
  writeFileSync(file, Buffer.from(entries.join("\n"), "latin1"));
  return file;
}
