// test/simulator/any-bytes.test.ts, on the Java Card applet.
import "../simulator/any-bytes.test.js";
