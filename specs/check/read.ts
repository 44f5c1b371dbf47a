import { readFileSync } from "node:fs";
import { vectorPath } from "../generate/index.js";

/** A vector file as it stands. */
export const readVectorFile = (file: string): unknown => JSON.parse(readFileSync(vectorPath(file), "utf8"));
