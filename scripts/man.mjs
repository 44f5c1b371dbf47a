// Writes the manual page, dist/chequecard.1, from the tree of commands that was built.
import { writeFileSync } from "node:fs";
import { manPage } from "../dist/cli/man-page.js";
import { buildProgram, packageVersion } from "../dist/cli/program.js";

const program = await buildProgram(undefined, async () => undefined);
writeFileSync(new URL("../dist/chequecard.1", import.meta.url), manPage(program, packageVersion()));
