// test/simulator/authorize.test.ts, on the Java Card applet.
import "../simulator/authorize.test.js";
