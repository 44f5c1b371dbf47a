// test/security/updates.test.ts, on the Java Card applet.
import "../security/updates.test.js";
