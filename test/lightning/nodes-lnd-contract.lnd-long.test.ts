import { startLndPair } from "./lnd-pair.js";
import { nodeContract } from "./node-contract.js";

nodeContract("lnd", startLndPair);
