// test/secure-channel/yubikit.test.ts, on the Java Card applet.
import "../secure-channel/yubikit.test.js";
