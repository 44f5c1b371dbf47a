// test/specs/card-messages.test.ts, on the Java Card applet.
import "../specs/card-messages.test.js";
