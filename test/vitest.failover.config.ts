import { defineConfig } from "vitest/config";
import { usual } from "../vitest.config.js";

/** The tests on PostgreSQL servers that fail over. */
export default defineConfig({ ...usual, test: { ...usual.test, include: ["test/failover/*.test.ts"] } });
