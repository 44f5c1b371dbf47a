// test/simulator/bolt-card.test.ts, on the Java Card applet.
import "../simulator/bolt-card.test.js";
