// test/personalize/tearing.test.ts, on the Java Card applet.
import "../personalize/tearing.test.js";
