// test/secure-channel/security-domain.test.ts, on the Java Card applet.
import "../secure-channel/security-domain.test.js";
