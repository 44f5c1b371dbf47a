// test/personalize/cards-as-sold.test.ts, on the Java Card applet.
import "../personalize/cards-as-sold.test.js";
