// test/host/tap.test.ts, on the Java Card applet.
import "../host/tap.test.js";
