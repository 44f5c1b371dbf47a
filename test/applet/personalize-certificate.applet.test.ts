// test/personalize/certificate.test.ts, on the Java Card applet.
import "../personalize/certificate.test.js";
