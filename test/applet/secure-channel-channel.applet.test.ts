// test/secure-channel/channel.test.ts, on the Java Card applet.
import "../secure-channel/channel.test.js";
