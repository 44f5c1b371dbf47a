// test/simulator/update.test.ts, on the Java Card applet.
import "../simulator/update.test.js";
