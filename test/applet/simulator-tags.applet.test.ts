// test/simulator/tags.test.ts, with the Bolt Card applet as the second face.
import "../simulator/tags.test.js";
