// test/secure-channel/vectors.test.ts, on the Java Card applet.
import "../secure-channel/vectors.test.js";
