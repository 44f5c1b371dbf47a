// test/specs/card-sessions.test.ts, on the Java Card applet.
import "../specs/card-sessions.test.js";
