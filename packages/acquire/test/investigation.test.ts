/** The tables of an investigation, held against what the test itself has opened, and against ss and ps where they are installed. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BytesSink, type Capture, openCapture } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquire } from "../src/acquire.js";
import { connectionRows } from "../src/investigation/connections.js";
import { Gaps } from "../src/investigation/gaps.js";
import { SocketOwners } from "../src/investigation/socket-owners.js";
import { inPieces } from "../src/investigation/table-pieces.js";
import type { AcquireReport } from "../src/report.js";
import { captured } from "./support/captured.js";
import { hasProgram } from "./support/target.js";

/** Opens sockets, files and a pipe, and prints what it has. */
const TARGET = `
const net = require("node:net"), dgram = require("node:dgram"), fs = require("node:fs");
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
(async () => {
  const [folder] = process.argv.slice(1);
  const server = net.createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = net.connect(server.address().port, "127.0.0.1");
  await once(client, "connect");
  const server6 = net.createServer(() => {}).listen(0, "::1");
  const has6 = await Promise.race([once(server6, "listening").then(() => true), once(server6, "error").then(() => false)]);
  const udp = dgram.createSocket("udp4");
  udp.bind(0, "127.0.0.3");
  await once(udp, "listening");
  udp.connect(53535, "127.0.0.4");
  await once(udp, "connect");
  const local = net.createServer(() => {}).listen(folder + "/socket");
  await once(local, "listening");
  const fds = { file: fs.openSync(folder + "/file", "r"), directory: fs.openSync(folder, "r"), device: fs.openSync("/dev/null", "r") };
  console.log(JSON.stringify({ listening: server.address().port, client: client.localPort, listening6: has6 ? server6.address().port : 0, udp: udp.address().port, fds }));
})();
`;
/** In CI these programs have to be there. */
const [HAS_SS, HAS_PS] = ["ss", "ps"].map((name) => process.env["CI"] === "true" || hasProgram(name));
const HOSTILE = "\u001b[31mred\nline";
const PEOPLE = { operator: "A. Examiner", hostname: "lab-7", caseRef: "2026/17" };

interface Opened {
  readonly listening: number;
  readonly client: number;
  readonly listening6: number;
  readonly udp: number;
  readonly fds: Readonly<Record<"file" | "directory" | "device", number>>;
}

const address = (...bytes: number[]) => [...bytes, ...new Array<number>(16 - bytes.length).fill(0)];

describe.runIf(process.platform === "linux")("an investigation", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "msl-investigation-")));
  let target: ChildProcess;
  let opened: Opened;
  let listedBefore: number[];
  let report: AcquireReport;
  let capture: Capture;
  const pid = () => Number(target.pid);
  const connections = async () => {
    const rows = [];
    for (const { entries } of await payloads(capture, "ConnectionTable")) rows.push(...entries);
    return rows.map(({ localAddr, remoteAddr, ...row }) => ({ ...row, local: [...localAddr], remote: [...remoteAddr] }));
  };

  beforeAll(async () => {
    writeFileSync(join(folder, "file"), "x");
    target = spawn(process.execPath, ["-e", TARGET, folder, HOSTILE], { stdio: ["pipe", "pipe", "inherit"] });
    if (!target.stdout) throw new Error("No output");
    for await (const line of createInterface(target.stdout)) {
      opened = JSON.parse(line) as Opened;
      break;
    }
    listedBefore = HAS_SS ? listeningPorts() : [];
    const { report: own, bytes } = await captured(pid(), { investigation: PEOPLE, freeze: true });
    report = own;
    capture = await openCapture(bytes, { strict: true });
  });
  afterAll(() => {
    target.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it("has the blocks in the order of the specification, and announces them", async () => {
    const types = Array.from({ length: 7 }, (_, index) => capture.blocks.at(index).typeName);
    expect(types).toEqual([
      ...["ProcessIdentity", "ModuleListIndex", "SystemContext"],
      ...["ProcessTable", "ConnectionTable", "HandleTable", "ConnectivityTable"],
    ]);
    expect(capture.header).toMatchObject({ investigation: true, redacted: false });
    expect(capture.header.capBitmap & 0x7800n).toBe(0x7800n);
    const [context] = await payloads(capture, "SystemContext");
    expect(context).toMatchObject({
      acqUser: "A. Examiner",
      hostname: "lab-7",
      caseRef: "2026/17",
      targetCount: 1,
      tableBitmap: 15,
    });
    const uptimeNs = BigInt(Math.round(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e9));
    const bootNs = BigInt(Date.now()) * 1_000_000n - uptimeNs;
    expect(Math.abs(Number((context?.bootTimeNs ?? 0n) - bootNs))).toBeLessThan(3e9);
    expect(context?.osDetail).toContain(execFileSync("uname", ["-r"], { encoding: "utf8" }).trim());
    expect(context?.osDetail).toContain(`node name ${hostname()}`);
    expect(report.investigation?.kernelHostname).toBe(hostname());
  });

  it("has TCP sockets with state, addresses, ports and process", async () => {
    const rows = await connections();
    const [ours, loopback] = [{ pid: pid(), family: 2, protocol: 6 }, address(127, 0, 0, 1)];
    const withPort = (local: number, remote: number) =>
      rows.filter(({ protocol, localPort, remotePort }) => protocol === 6 && localPort === local && remotePort === remote);
    expect(withPort(opened.listening, 0)).toMatchObject([{ ...ours, state: 10, local: loopback, remote: address() }]);
    expect(withPort(opened.client, opened.listening)).toMatchObject([{ ...ours, state: 1, local: loopback, remote: loopback }]);
    expect(withPort(opened.listening, opened.client)).toMatchObject([{ ...ours, state: 1, local: loopback, remote: loopback }]);
    if (opened.listening6 === 0) return;
    const ip6 = [...new Array<number>(15).fill(0), 1];
    expect(withPort(opened.listening6, 0)).toMatchObject([{ pid: pid(), family: 10, state: 10, local: ip6, remote: address() }]);
  });

  it("has UDP sockets without a state of TCP, and with their peer", async () => {
    const rows = (await connections()).filter(({ protocol, localPort }) => protocol === 17 && localPort === opened.udp);
    expect(rows).toMatchObject([
      { pid: pid(), family: 2, state: 0, local: address(127, 0, 0, 3), remote: address(127, 0, 0, 4), remotePort: 53535 },
    ]);
    expect(report.investigation?.otherSockets.map(({ kind }) => kind)).toContain("unix");
  });

  it.runIf(HAS_SS)("has the listening sockets that ss lists before and after the capture", async () => {
    const listening = (await connections()).filter(({ family, state }) => family === 2 && state === 10);
    const ports = listening.map(({ localPort }) => localPort);
    const lasting = listedBefore.filter((port) => listeningPorts().includes(port));
    expect(lasting).toContain(opened.listening);
    expect(ports).toEqual(expect.arrayContaining(lasting));
  });

  it("has the open descriptors with type and path", async () => {
    const handles = (await payloads(capture, "HandleTable")).flatMap(({ entries }) => entries);
    const own = new Map(handles.filter((handle) => handle.pid === pid()).map((handle) => [handle.fd, handle]));
    expect(own.get(opened.fds.file)).toMatchObject({ handleType: 1, path: join(folder, "file") });
    expect(own.get(opened.fds.directory)).toMatchObject({ handleType: 2, path: folder });
    expect(own.get(opened.fds.device)).toMatchObject({ handleType: 5, path: "/dev/null" });
    const sockets = [...own.values()].filter(({ handleType }) => handleType === 3);
    expect(sockets.length).toBeGreaterThanOrEqual(5);
    expect(sockets.every(({ path }) => /^socket:\[\d+\]$/.test(path))).toBe(true);
    expect(
      [...own.values()].filter(({ path }) => path.startsWith("anon_inode:")).every(({ handleType }) => handleType === 255),
    ).toBe(true);
    // Handles of the whole host: those of this process too.
    expect(handles.some((handle) => handle.pid === process.pid)).toBe(true);
  });

  it("has the processes, also with arguments that a terminal would obey", async () => {
    const rows = (await payloads(capture, "ProcessTable")).flatMap(({ entries }) => entries);
    const [row, ...others] = rows.filter(({ isTarget }) => isTarget);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      pid: pid(),
      ppid: process.pid,
      uid: process.getuid?.(),
      exeName: realpathSync(process.execPath),
    });
    expect(row?.cmdLine).toContain(HOSTILE);
    expect(Math.abs(Number((row?.startTimeNs ?? 0n) / 1_000_000n) - Date.now())).toBeLessThan(600_000);
    const [, resident] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid()}/status`, "utf8")) ?? [];
    expect(Number(row?.rss) / 1024 / Number(resident)).toBeCloseTo(1, 0);
    expect(rows.map((one) => one.pid)).toContain(process.pid);
    if (HAS_PS) {
      const [ppid, uid, user = ""] = execFileSync("ps", ["-o", "ppid=,uid=,user:64=", "-p", String(pid())], { encoding: "utf8" })
        .trim()
        .split(/\s+/);
      expect(row).toMatchObject({ ppid: Number(ppid), uid: Number(uid), user });
    }
  });

  it("has routes, interfaces, sums of sockets and counters", async () => {
    const rows = (await payloads(capture, "ConnectivityTable")).flatMap((table) => table.rows);
    expect(rows).toContainEqual(expect.objectContaining({ rowType: 5, iface: "lo" }));
    expect(rows.filter(({ rowType }) => rowType === 6).length).toBeGreaterThanOrEqual(3);
    const mibs = rows.flatMap((row) => ("counter" in row ? [`${row.mib}.${row.counter}`] : []));
    expect(mibs).toEqual(expect.arrayContaining(["Ip.Forwarding", "Tcp.RtoMin", "TcpExt.SyncookiesSent"]));
    const routes = readFileSync("/proc/net/route", "utf8").trim().split("\n").length - 1;
    expect(rows.filter(({ rowType }) => rowType === 1)).toHaveLength(routes);
    expect(report.investigation).toMatchObject({ connectivity: rows.length, networkNamespaces: expect.any(Number) });
  });

  it("stops the process for its memory only, and says what could not be read", () => {
    expect(report.freeze?.method).toMatch(/cgroup|signal/);
    expect(report.complete).toBe(report.investigation?.gaps.length === 0);
  });

  it("leaves fields empty that are redacted, and sets the flag", async () => {
    const { bytes } = await captured(pid(), {
      investigation: PEOPLE,
      redact: { SystemContext: ["acqUser"], ProcessTable: ["cmdLine", "user"] },
    });
    const redacted = await openCapture(bytes, { strict: true });
    expect(redacted.header.redacted).toBe(true);
    expect((await payloads(redacted, "SystemContext"))[0]).toMatchObject({ acqUser: "", hostname: "lab-7" });
    const rows = (await payloads(redacted, "ProcessTable")).flatMap(({ entries }) => entries);
    expect(rows.every(({ cmdLine, user }) => cmdLine === "" && user === "")).toBe(true);
    expect(rows.some(({ exeName }) => exeName !== "")).toBe(true);
  });

  it.each([
    [{ ...PEOPLE, operator: "" }, /operator/],
    [{ ...PEOPLE, hostname: " " }, /hostname/],
    [{ ...PEOPLE, caseRef: "a\u001b[2J" }, /caseRef/],
    [{ ...PEOPLE, targetCount: 0 }, /targetCount/],
  ])("%j is refused before anything is written", async (investigation, reason) => {
    const sink = new BytesSink();
    await expect(acquire(pid(), sink, { investigation })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(reason),
    });
    expect(sink.bytes()).toHaveLength(0);
  });
});

describe("the Connection Table of a host with many connections", () => {
  it("is made in pieces of bounded length, with the owners of sockets and addresses in network order", async () => {
    const folder = mkdtempSync(join(tmpdir(), "msl-connections-"));
    try {
      const rows = Array.from({ length: 40_000 }, (_, index) => {
        const port = (index % 65_536).toString(16).toUpperCase().padStart(4, "0");
        return `${String(index).padStart(4)}: 0100007F:${port} 010200C0:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 ${index + 1} 1 0000000000000000 20 4 30 10 -1`;
      });
      writeFileSync(join(folder, "tcp"), `  sl  local_address\n${rows.join("\n")}\nno row\n`);
      const owners = new SocketOwners();
      for (let inode = 1; inode <= 40_000; inode += 2) owners.add(inode, inode + 7);
      const host = { pid: 1, gaps: new Gaps(), slice: new TimeSlice(undefined) };
      const sizes = [];
      for await (const piece of inPieces(connectionRows(host, [folder], owners))) {
        sizes.push(piece.length);
        for (const { localPort, pid } of piece) expect(pid).toBe(localPort % 2 === 0 ? localPort + 8 : 0);
        const [first] = piece;
        expect([...(first?.localAddr ?? [])].slice(0, 5)).toEqual([127, 0, 0, 1, 0]);
        expect([...(first?.remoteAddr ?? [])].slice(0, 5)).toEqual([192, 0, 2, 1, 0]);
        expect(first?.remotePort).toBe(443);
      }
      expect(sizes).toEqual([16_384, 16_384, 7232]);
      expect(host.gaps.list()).toEqual([{ source: "/proc/net/tcp", reason: "unknown row", count: 1 }]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Ports of listening sockets of IPv4, as ss lists them. */
function listeningPorts(): number[] {
  const lines = execFileSync("ss", ["-Hltn4"], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => Number(/:(\d+)$/.exec(line.split(/\s+/)[3] ?? "")?.[1]));
}

type TableKind = "SystemContext" | "ProcessTable" | "ConnectionTable" | "HandleTable" | "ConnectivityTable";

async function payloads<K extends TableKind>(capture: Capture, kind: K) {
  const found = [];
  for await (const batch of capture.decodeAll()) {
    for (const { result } of batch)
      if (result.payload?.kind === kind) found.push(result.payload as typeof result.payload & { kind: K });
  }
  return found;
}
