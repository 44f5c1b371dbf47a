// test/security/rogue-terminal.test.ts, on the Java Card applet.
import "../security/rogue-terminal.test.js";
