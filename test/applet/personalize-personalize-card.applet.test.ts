// test/personalize/personalize-card.test.ts, on the Java Card applet.
import "../personalize/personalize-card.test.js";
