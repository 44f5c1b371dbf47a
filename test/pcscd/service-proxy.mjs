// Between pcsc-lite's library and the real pcscd, in a thread of its own: answers about the readers can be held at
// what they were, as in the library before 2.0.1, where one thread's older answer overwrites another's newer one.
import { createConnection, createServer } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const CONNECT = 0x04;
const TRANSMIT = 0x09;
const WAIT_READER_STATE_CHANGE = 0x13;
/** `READER_STATE` of pcsc-lite's `eventhandler.h`. */
const STATE_LENGTH = 184;
/** Behind the reader's name: how often cards came and went. */
const EVENTS = { at: 128, length: 4 };

let latest;
let holding = false;

function onCommands(connection, chunk) {
  connection.commands = Buffer.concat([connection.commands, chunk]);
  while (connection.commands.length >= 8) {
    const command = connection.commands.readUInt32LE(4);
    let length = 8 + connection.commands.readUInt32LE(0);
    if (connection.commands.length < length) return;
    // The bytes to transmit follow, cbSendLength of them.
    if (command === TRANSMIT) length += connection.commands.readUInt32LE(8 + 12);
    if (connection.commands.length < length) return;
    connection.commands = connection.commands.subarray(length);
    if (command === WAIT_READER_STATE_CHANGE) connection.asked = true;
    if (command === CONNECT) holding = false;
  }
}

/** How often cards came and went at each reader. */
const eventsOf = (states) =>
  Array.from({ length: states.length / STATE_LENGTH }, (_, index) =>
    states.toString(
      "hex",
      index * STATE_LENGTH + EVENTS.at,
      index * STATE_LENGTH + EVENTS.at + EVENTS.length,
    ),
  ).join();

/** The client waits for the answer, so the states are at the beginning of what comes next. */
function answer(connection, chunk) {
  if (!connection.asked || chunk.length < STATE_LENGTH) return chunk;
  connection.asked = false;
  const states = chunk.subarray(0, chunk.length - (chunk.length % STATE_LENGTH));
  if (!holding) latest = states;
  else if (eventsOf(states) !== eventsOf(latest)) parentPort.postMessage(eventsOf(states));
  return Buffer.concat([latest, chunk.subarray(states.length)]);
}

const server = createServer((client) => {
  const service = createConnection(workerData.service);
  const connection = { commands: Buffer.alloc(0), asked: false };
  client.on("data", (chunk) => {
    onCommands(connection, chunk);
    service.write(chunk);
  });
  service.on("data", (chunk) => client.write(answer(connection, chunk)));
  for (const [one, other] of [
    [client, service],
    [service, client],
  ]) {
    one.on("error", () => {});
    one.on("close", () => other.destroy());
  }
});
parentPort.on("message", () => {
  holding = true;
  parentPort.postMessage("holding");
});
server.listen(workerData.socket, () => parentPort.postMessage("listening"));
