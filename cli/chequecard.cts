#!/usr/bin/env node
// The command as npm installs it. Written so that a Node.js that is too old still reads it, and gets a sentence.

const OLDEST = [20, 19];
const version = process.versions.node.split(".").map(Number);
const isOld =
  Number(version[0]) < Number(OLDEST[0]) ||
  (version[0] === OLDEST[0] && Number(version[1]) < Number(OLDEST[1]));

if (isOld) {
  process.stderr.write(
    `chequecard needs Node.js ${OLDEST.join(".")} or newer; this is ${process.versions.node}.\n`,
  );
  process.exitCode = 2;
} else {
  void import("./main.js");
}
