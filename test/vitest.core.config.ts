import { processesOf } from "../vitest.config.js";
import api from "./vitest.api.config.js";
import failover from "./vitest.failover.config.js";
import offline from "./vitest.offline.config.js";

/** What no other part runs of the tests that need nothing but this machine. */
export default processesOf([api, failover, offline].flatMap(({ test }) => test?.include ?? []));
