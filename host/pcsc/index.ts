export { PcscConnection } from "./connection.js";
export { findHolders, type Holder } from "./holders.js";
export { PcscReader, type PcscTimeouts, type ReaderState } from "./reader.js";
export { withoutSamSlots } from "./reader-names.js";
export {
  type ListedReader,
  listReaders,
  openReaders,
  type PcscOptions,
  PcscReaders,
  type PcscReadersEvents,
} from "./readers.js";
export { probeService } from "./service.js";
