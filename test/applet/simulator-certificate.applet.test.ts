// test/simulator/certificate.test.ts, on the Java Card applet.
import "../simulator/certificate.test.js";
