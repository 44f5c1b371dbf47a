// test/simulator/torn-keys.test.ts, on the Java Card applet.
import "../simulator/torn-keys.test.js";
