// test/secure-channel/certificate.test.ts, on the Java Card applet.
import "../secure-channel/certificate.test.js";
