// test/simulator/money.test.ts, on the Java Card applet.
import "../simulator/money.test.js";
