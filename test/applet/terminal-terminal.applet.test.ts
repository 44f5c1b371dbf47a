// test/terminal/terminal.test.ts, on the Java Card applet.
import "../terminal/terminal.test.js";
