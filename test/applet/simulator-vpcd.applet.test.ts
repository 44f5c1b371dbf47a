// test/simulator/vpcd.test.ts, on the Java Card applet.
import "../simulator/vpcd.test.js";
