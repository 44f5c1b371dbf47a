// test/terminal/offline-sale.test.ts, on the Java Card applet.
import "../terminal/offline-sale.test.js";
