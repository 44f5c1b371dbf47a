export { StoreError, type StoreErrorCode } from "./errors.js";
export { type LedgerNode, listNodes, noteLiquidity } from "./nodes.js";
export { openPostgres, type PostgresOptions } from "./postgres.js";
export { bindStore, type StoreOwner } from "./settings.js";
export { openSqlite, type SqliteOptions } from "./sqlite.js";
export type { Store, StoreKind } from "./types.js";
