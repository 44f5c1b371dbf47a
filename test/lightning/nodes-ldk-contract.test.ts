import { nodeContract } from "./node-contract.js";
import { startLdkPair } from "./nodes-ldk-pair.js";

nodeContract("the embedded LDK node", startLdkPair);
