import { existsSync } from "node:fs";
import { tmpdir } from "node:os";

/** A place for files in memory where the system has one: faster, and a killed process loses nothing there either. */
export const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
