// test/bolt-card/face-vectors.test.ts, on the Java Card applet.
import "../bolt-card/face-vectors.test.js";
