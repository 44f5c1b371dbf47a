import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writePictures } from "../../cli/offline/code-pictures.js";
import { FileError } from "../../common/index.js";
import { CodesError } from "../../offline/codes.js";
import { newFolder } from "../../testing/hooks.js";

it("pictures of QR codes that cannot be written leave nothing behind", () => {
  const folder = newFolder();
  writeFileSync(join(folder, "file"), "");
  const write = (name: string, length = 1) =>
    writePictures(join(folder, name), "bundle", new Uint8Array(length));
  for (const name of ["missing/codes", "file/codes", "c".repeat(300), "c".repeat(250)])
    expect(() => write(name)).toThrow(FileError);
  expect(() => write("long", 153_601)).toThrow(CodesError);
  expect(readdirSync(folder)).toEqual(["file"]);
});

it("pictures of QR codes keep their order by name, whatever their number", () => {
  const folder = join(newFolder(), "codes");
  expect(writePictures(folder, "pack", new Uint8Array(600 * 9 + 1)).count).toBe(10);
  const names = readdirSync(folder).sort();
  expect(names.at(0)).toBe("pack-01-of-10.png");
  expect(names.at(-1)).toBe("pack-10-of-10.png");
});
