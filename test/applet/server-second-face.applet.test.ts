// test/server/second-face.bolt.test.ts, on the Java Card applets.
import "../server/second-face.bolt.test.js";
