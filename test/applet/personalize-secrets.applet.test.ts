// test/personalize/secrets.test.ts, on the Java Card applet.
import "../personalize/secrets.test.js";
