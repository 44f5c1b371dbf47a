import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openReaders } from "../host/pcsc/index.js";
import { connectVpcd } from "../simulator/index.js";
import { benchCard } from "./cards.js";
import { type Benchmark, type Figure, medianTime } from "./measure.js";

const ROUND_TRIPS = 60;
const SELF = fileURLToPath(import.meta.url);
const INSIDE = fileURLToPath(new URL("../../scripts/pcscd/namespace.mjs", import.meta.url));
const SLOW_ROUTE = "ip route change local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1";

/** Median milliseconds of one APDU through nfc-pcsc, pcscd, the virtual reader, and back. */
async function roundTrip(): Promise<number> {
  const readers = await openReaders();
  try {
    const reader = readers.find("Virtual PCD 00 00");
    const link = await connectVpcd(benchCard().card);
    const connection = await reader.waitForCard();
    const getData = Uint8Array.of(0x80, 0xca, 0x00, 0xc1, 0x00);
    await connection.transmit(
      Uint8Array.of(0, 0xa4, 4, 0, 8, 0xf0, 0x43, 0x48, 0x45, 0x51, 0x55, 0x45, 1, 0),
    );
    const time = await medianTime(ROUND_TRIPS, () => connection.transmit(getData));
    await connection.close();
    await link.close();
    return time;
  } finally {
    await readers.close();
  }
}

async function inNamespaceOfItsOwn(quickAck: boolean): Promise<number> {
  const { inNamespace } = (await import(INSIDE)) as { inNamespace: (command: string[]) => string[] };
  const measure = [process.execPath, SELF];
  const shell = quickAck ? measure : ["sh", "-c", `${SLOW_ROUTE} && exec "$0" "$1"`, ...measure];
  const [program = "", ...args] = inNamespace(shell);
  const { stdout } = await promisify(execFile)(program, args, { timeout: 60_000 });
  return Number.parseFloat(stdout);
}

/** One APDU through the whole PC/SC stack, in a network namespace of its own with a private pcscd. */
export const pcscBenchmark: Benchmark = {
  name: "PC/SC round trip through pcscd and the virtual reader",
  async run() {
    const { namespaceWorks } = (await import(INSIDE)) as { namespaceWorks: () => Promise<boolean> };
    if (!(await namespaceWorks()))
      return [
        {
          name: "not measured",
          value: 0,
          unit: "ms",
          note: "needs pcscd, vsmartcard-vpcd and network namespaces",
        },
      ];
    const quick = await inNamespaceOfItsOwn(true);
    const slow = await inNamespaceOfItsOwn(false);
    const figures: Figure[] = [
      {
        name: "one APDU, loopback with quick ACK",
        value: quick,
        unit: "ms",
        note: "what the stack itself costs",
      },
      {
        name: "one APDU, loopback as it is",
        value: slow,
        unit: "ms",
        note: "the driver writes twice: Nagle waits for a delayed ACK",
      },
      { name: "as it is / quick ACK", value: slow / quick, unit: "x", note: "same run" },
    ];
    return figures;
  },
};

if (process.argv[1] === SELF) process.stdout.write(`${await roundTrip()}\n`);
