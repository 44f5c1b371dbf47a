// test/personalize/second-face.test.ts, on the Java Card applets.
import "../personalize/second-face.test.js";
