// test/secure-channel/transcripts.test.ts, on the Java Card applet.
import "../secure-channel/transcripts.test.js";
