// test/simulator/order-of-checks.test.ts, on the Java Card applet.
import "../simulator/order-of-checks.test.js";
