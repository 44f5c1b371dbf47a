// test/simulator/pin.test.ts, on the Java Card applet.
import "../simulator/pin.test.js";
