export { CardDesk, type DeskCard, DeskError, type Presence } from "./card-desk.js";
export {
  databaseName,
  type ListenAddress,
  parseServiceConfig,
  type ServiceConfig,
  serviceConfigSchema,
} from "./config.js";
export { configTemplate, type TemplateValues } from "./config-template.js";
export { checkHealth, type Health } from "./health.js";
export { backupLedger, type Restored, restoreLedger } from "./ledger-files.js";
export { type LogDestination, openLog, type ServiceLog } from "./log.js";
export { type ServiceMetrics, serviceMetrics } from "./metrics.js";
export { type Monitor, ServiceError, startMonitor } from "./monitor.js";
export { IssuerService, type ServiceParts } from "./service.js";
