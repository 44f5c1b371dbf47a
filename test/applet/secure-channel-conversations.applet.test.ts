// test/secure-channel/conversations.test.ts, on the Java Card applet.
import "../secure-channel/conversations.test.js";
