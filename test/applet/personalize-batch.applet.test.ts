// test/personalize/batch.test.ts, on the Java Card applet.
import "../personalize/batch.test.js";
