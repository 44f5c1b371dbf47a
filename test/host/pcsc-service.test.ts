import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findHolders, nameHolders } from "../../host/pcsc/holders.js";
import { probeService, serviceSocket } from "../../host/pcsc/service.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "chequecard-pcsc-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("probeService", () => {
  const open = new Set<Socket>();
  let server: Server | undefined;

  const listen = (onConnection: (socket: Socket) => void): Promise<string> => {
    const path = join(directory, "pcscd.comm");
    server = createServer((socket) => {
      open.add(socket);
      socket.on("error", () => {});
      onConnection(socket);
    });
    return new Promise((resolve) => server?.listen(path, () => resolve(path)));
  };

  afterEach(() => {
    for (const socket of open) socket.destroy();
    open.clear();
    server?.close();
    server = undefined;
  });

  it("is content with any answer to its version message", async () => {
    let asked = Buffer.alloc(0);
    const socket = await listen((client) =>
      client.on("data", (data) => {
        asked = data;
        client.write(data.subarray(8));
      }),
    );
    await probeService({ socket });
    expect(asked.length).toBe(20);
    expect(asked.readUInt32LE(4)).toBe(0x11);
  });

  it("nothing listens", async () => {
    await expect(probeService({ socket: join(directory, "none") })).rejects.toMatchObject({
      code: "no-service",
      message: expect.stringContaining("not running"),
      hint: expect.stringContaining("pcscd --foreground"),
    });
  });

  it("turned away", async () => {
    const socket = await listen((client) => client.end());
    await expect(probeService({ socket })).rejects.toMatchObject({
      code: "no-service",
      message: expect.stringContaining("turned this program away"),
      hint: expect.stringContaining("polkit"),
    });
  });

  it("a silent service is not waited for for ever", async () => {
    const socket = await listen(() => {});
    await expect(probeService({ socket, timeoutMs: 20 })).rejects.toMatchObject({
      code: "no-service",
      message: expect.stringContaining("does not answer"),
    });
  });

  it("can be given up, before and during", async () => {
    const socket = await listen(() => {});
    await expect(probeService({ socket, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "closed",
    });
    const controller = new AbortController();
    const probing = probeService({ socket, signal: controller.signal });
    controller.abort();
    await expect(probing).rejects.toMatchObject({ code: "closed" });
  });

  it("is not needed where PC/SC is a part of the system", () => {
    expect(serviceSocket("darwin", {})).toBeUndefined();
    expect(serviceSocket("win32", {})).toBeUndefined();
    expect(serviceSocket("linux", {})).toBe("/run/pcscd/pcscd.comm");
    expect(serviceSocket("linux", { PCSCLITE_CSOCK_NAME: "/x" })).toBe("/x");
  });
});

describe("findHolders", () => {
  const TABLE = [
    "Num       RefCount Protocol Flags    Type St Inode Path",
    "0000000000000000: 00000003 00000000 00000000 0001 03 501",
    "0000000000000000: 00000002 00000000 00010000 0001 01 502 /run/pcscd/pcscd.comm",
  ].join("\n");

  async function addProcess(pid: number, name: string, library: string, inode: number): Promise<void> {
    const process = join(directory, String(pid));
    await mkdir(join(process, "fd"), { recursive: true });
    await writeFile(join(process, "maps"), `7f00-7f01 r-xp 00000000 fe:00 1 ${library}\n`);
    await writeFile(join(process, "comm"), `${name}\n`);
    await symlink(`socket:[${inode}]`, join(process, "fd/3"));
  }

  it("names programs with the library loaded and a connected socket, and not ourselves", async () => {
    const pcsclite = "/usr/lib/x86_64-linux-gnu/libpcsclite.so.1.0.0";
    await mkdir(join(directory, "net"));
    await writeFile(join(directory, "net/unix"), TABLE);
    await addProcess(11, "scdaemon", pcsclite, 501);
    await addProcess(12, "ourselves", pcsclite, 501);
    await addProcess(13, "listener", pcsclite, 502);
    await addProcess(14, "other", "/usr/lib/libc.so.6", 501);
    await mkdir(join(directory, "15"));
    const holders = await findHolders(directory, 12);
    expect(holders).toEqual([{ pid: 11, name: "scdaemon" }]);
    expect(nameHolders(holders)).toBe("It is probably scdaemon (process 11).");
  });

  it("finds no holder where there is no such file system", async () => {
    expect(await findHolders(join(directory, "none"))).toEqual([]);
    expect(nameHolders([])).toContain("could not be found out");
  });
});
