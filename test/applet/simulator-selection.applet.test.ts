// test/simulator/selection.test.ts, on the Java Card applet.
import "../simulator/selection.test.js";
