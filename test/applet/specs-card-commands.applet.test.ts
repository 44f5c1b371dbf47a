// test/specs/card-commands.test.ts, on the Java Card applet.
import "../specs/card-commands.test.js";
