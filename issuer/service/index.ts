export { CardDesk, type Presence } from "./card-desk.js";
export {
  databaseName,
  parseServiceConfig,
  type ServiceConfig,
  serviceConfigSchema,
} from "./config.js";
export { configTemplate } from "./config-template.js";
export { checkHealth, type Health } from "./health.js";
export { backupLedger, type Restored, restoreLedger } from "./ledger-files.js";
export { BackupFolder, dueBackups } from "./ledger-rotation.js";
export { openLog, type ServiceLog } from "./log.js";
export { makePack } from "./make-pack.js";
export { ServiceError } from "./monitor.js";
export { IssuerService, type ServiceParts } from "./service.js";
