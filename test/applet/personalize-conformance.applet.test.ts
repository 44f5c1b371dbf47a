// test/personalize/conformance.test.ts, on the Java Card applet.
import "../personalize/conformance.test.js";
