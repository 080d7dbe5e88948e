/** Commands that print tables of what is in a capture, against the recorded values of captures of other programs. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpointText, networkAddress } from "../src/documents/network-address.js";
import { protectionText } from "../src/documents/protection-text.js";
import { csvLine } from "../src/tables/csv.js";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-tables-"));
const HOSTILE = join(scratch, "hostile.msl");
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const COMMANDS = ["maps", "modules", "threads", "processes", "connections", "handles", "system"];
const FULL = "ms-investigation-full";

beforeAll(async () => {
  const name = '\u001b[31m\u009b\u202e, "x"';
  const writer = new MslWriter(await fileSink(HOSTILE), {
    header: { osType: "Linux", archType: "x86_64", pid: 7, investigation: true },
    contents: ["ThreadContext", "SystemContext", "ProcessTable", "HandleTable", "ModuleEntry", "MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  const system = { bootTimeNs: 0n, targetCount: 1, acqUser: name, hostname: name, domain: "", osDetail: name, caseRef: name };
  const module = { baseAddr: 0x1000n, moduleSize: 0x1000n, path: name };
  await writer.moduleListIndex({ entries: [module] });
  await writer.systemContext(system);
  await writer.moduleEntry(module);
  const process = { pid: 7, ppid: 1, uid: 0, isTarget: true, startTimeNs: 0n, rss: 0n, exeName: name, cmdLine: name, user: name };
  await writer.processTable({ entries: [process] });
  await writer.handleTable({ entries: [{ pid: 7, fd: 3, handleType: "file", path: name }] });
  const register = { name, value: Uint8Array.of(1), flags: 1 };
  await writer.threadContext({
    threadId: 7n,
    startTimeNs: 0n,
    flags: 1,
    name,
    threadState: "running",
    registers: [register, { ...register, flags: 2 }],
  });
  const head = { protection: 0x1d, regionType: "heap", pageSizeLog2: 12, timestampNs: 0n } as const;
  await writer.memoryRegion({ ...head, baseAddr: 0x1000n, regionSize: 4096n, pageData: new Uint8Array(4096) });
  await writer.end();
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Recorded {
  readonly typeName: string;
  readonly payload: Record<string, unknown> & { readonly entries: readonly Record<string, unknown>[] };
}

function recorded(sample: string, type: string): readonly Recorded["payload"][] {
  const { blocks } = JSON.parse(readFileSync(capture(sample).replace(/msl$/, "json"), "utf8")) as { blocks: readonly Recorded[] };
  return blocks.filter(({ typeName }) => typeName === type).map(({ payload }) => payload);
}

const rowsOf = (command: string, file: string, list = command) => JSON.parse(msl([command, file, "--json"]).stdout)[list];
const picked = (row: Record<string, unknown>, names: readonly string[]) => names.map((name) => String(row[name]));

describe("a table of a capture", () => {
  it.each([
    ["processes", "ProcessTable", ["pid", "ppid", "uid", "isTarget", "startTimeNs", "rss", "exeName", "cmdLine", "user"]],
    ["handles", "HandleTable", ["pid", "fd", "path"]],
    ["connections", "ConnectionTable", ["pid", "localPort", "remotePort"]],
  ])("the rows of msl %s are the recorded entries", (command, type, names) => {
    for (const sample of [FULL, "md-investigation-full"]) {
      const entries = recorded(sample, type).flatMap((payload) => payload.entries);
      expect(entries.length).toBeGreaterThan(0);
      expect(rowsOf(command, capture(sample)).map((row: Record<string, unknown>) => picked(row, names))).toEqual(
        entries.map((entry) => picked(entry, names)),
      );
    }
  });

  it("the rows of msl modules are the recorded modules", () => {
    const names = ["path", "baseAddr", "moduleSize"];
    const rows = rowsOf("modules", capture("ms-modules-many")).map((row: Record<string, unknown>) => [
      ...[row["path"], row["base"], row["size"]].map(String),
    ]);
    const entries = recorded("ms-modules-many", "ModuleEntry").map((payload) => picked(payload, names));
    expect(entries.length).toBeGreaterThan(100);
    expect(rows.map(([path, base, size]: string[]) => [path, BigInt(base ?? ""), BigInt(size ?? "")])).toEqual(
      entries.map(([path, base, size]) => [path, BigInt(base ?? ""), BigInt(size ?? "")]),
    );
  });

  it.each(["ms-basic-plain", "ms-regions-edge", "md-regions-edge", "ms-zstd-mixed"])(
    "the rows of msl maps are the recorded regions of %s in the order of addresses, with their pages by state",
    (sample) => {
      const tally = (states: unknown, code: number) =>
        (states as readonly (readonly number[])[]).reduce(
          (sum, [, count, state]) => sum + (state === code ? Number(count) : 0),
          0,
        );
      const before = ([a = 0n]: readonly unknown[], [b = 0n]: readonly unknown[]) =>
        BigInt(String(a)) < BigInt(String(b)) ? -1 : 1;
      const inFile = recorded(sample, "MemoryRegion").map(({ baseAddr, regionSize, protection, pageStates }) => [
        ...[BigInt(String(baseAddr)), BigInt(String(regionSize)), protection],
        ...[0, 1, 2].map((code) => tally(pageStates, code)),
      ]);
      const expected = inFile.toSorted(before);
      const rows = rowsOf("maps", capture(sample), "regions") as Record<string, string | number>[];
      expect(
        rows.map((row) => [
          BigInt(row["start"] ?? 0),
          BigInt(row["size"] ?? 0),
          row["protection"],
          row["captured"],
          row["failed"],
          row["unmapped"],
        ]),
      ).toEqual(expected);
    },
  );

  it("msl system shows the recorded System Context, a line for each field", () => {
    const [context] = recorded(FULL, "SystemContext");
    expect(rowsOf("system", capture(FULL), "systems")).toMatchObject([
      {
        hostname: context?.["hostname"],
        acqUser: context?.["acqUser"],
        caseRef: context?.["caseRef"],
        bootTimeNs: String(context?.["bootTimeNs"]),
      },
    ]);
    const lines = msl(["system", capture(FULL)]).stdout.split("\n");
    expect(lines).toContain(`hostname  ${context?.["hostname"]}`);
    expect(lines).toContain(`case      ${context?.["caseRef"]}`);
  });

  it("names of captures never control the terminal, in text, CSV and JSON", () => {
    for (const command of COMMANDS) {
      for (const format of [[], ["--csv"], ["--json"], ["--ndjson"]]) {
        const { status, stdout, stderr } = msl([command, HOSTILE, ...format]);
        expect([command, format, status]).toEqual([command, format, 0]);
        expect(`${stdout}${stderr}`.replaceAll("\n", "")).not.toMatch(UNSAFE);
      }
    }
    expect(rowsOf("handles", HOSTILE)[0].path).toBe('\u001b[31m\u009b\u202e, "x"');
    expect(msl(["maps", HOSTILE]).stdout.split("\n")[1]).toMatch(/^000000001000-000000002000 {2}r-xgc {2}/);
  });

  it("rows are sorted by the values of a column, numbers as numbers", () => {
    const pids = (...args: string[]) =>
      msl(["processes", capture(FULL), "--csv", "--sort", "pid", ...args])
        .stdout.trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => Number(line.split(",")[0]));
    const expected = recorded(FULL, "ProcessTable").flatMap(({ entries }) => entries.map(({ pid }) => Number(pid)));
    expect(pids()).toEqual(expected.toSorted((a, b) => a - b));
    expect(pids("-r")).toEqual(expected.toSorted((a, b) => b - a));
    expect(msl(["processes", capture(FULL), "--sort", "path"]).status).toBe(2);
  });

  it("a table that is not there is an empty one, with status 0, or 4 if the capture is cut off or a block is damaged", () => {
    expect(msl(["processes", capture("ms-basic-plain")])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: expect.stringContaining("no processes"),
    });
    expect(msl(["processes", capture("ms-noeoc")]).status).toBe(4);
    const { status, stdout, stderr } = msl(["modules", capture("x-pathlen-overrun")]);
    expect([status, stdout.split("\n").length > 2]).toEqual([4, true]);
    expect(stderr).toMatch(/ModuleEntry in block \d+: path at payload offset 24 needs 65535 bytes/);
    expect(msl(["maps", capture("x-region-missing-pagedata")])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("only 12288 are there"),
    });
  });
});

describe("values as people write them", () => {
  it("IPv6 addresses are shortened as the URL standard shortens them", () => {
    for (const groups of [
      "0:0:0:0:0:0:0:0",
      "0:0:0:0:0:0:0:1",
      "2001:db8:0:0:1:0:0:1",
      "2001:db8:0:1:1:1:1:1",
      "1:0:0:2:0:0:0:3",
      "fe80:0:0:0:0:0:0:0",
      "1:2:3:4:5:6:7:8",
    ]) {
      const bytes = Uint8Array.from(
        groups.split(":").flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
      );
      expect(`[${networkAddress(10, bytes)}]`).toBe(new URL(`http://[${groups}]/`).hostname);
    }
  });

  it("IPv4 addresses are dotted, also those in IPv6 addresses; port 0 is a star; other families stay bytes", () => {
    const ipv4 = Uint8Array.of(192, 0, 2, 1, ...new Uint8Array(12));
    expect(endpointText(2, ipv4, 443)).toBe("192.0.2.1:443");
    expect(endpointText(10, new Uint8Array(16), 0)).toBe("[::]:*");
    expect(networkAddress(10, Uint8Array.of(...new Uint8Array(10), 255, 255, 192, 0, 2, 1))).toBe("::ffff:192.0.2.1");
    expect(networkAddress(77, ipv4)).toBe(`c0000201${"0".repeat(24)}`);
  });

  it("protection has a letter or a dash for each right, and letters for guard pages and copy on write", () => {
    expect([0, 1, 3, 5, 7, 8, 0x1f].map(protectionText)).toEqual(["---", "r--", "rw-", "r-x", "rwx", "---g", "rwxgc"]);
  });

  it("cells of CSV with commas, quotes or outer spaces are quoted", () => {
    expect(csvLine(["a", "", "b,c", 'd"e', " f", "\u001b\n"])).toBe('a,,"b,c","d""e"," f",\\u{1b}\\u{a}');
  });

  it("a cell of CSV that a spreadsheet would compute begins with an apostrophe", () => {
    expect(csvLine(["=1+1", "+1", "-bash", "@SUM(A1)", "\uff1d1"])).toBe("'=1+1,'+1,'-bash,'@SUM(A1),'\uff1d1");
    expect(csvLine(['=HYPERLINK("x","y")'])).toBe(`"'=HYPERLINK(""x"",""y"")"`);
    expect(csvLine(["-", "a=b", "1-2", "", "\t=1"])).toBe("-,a=b,1-2,,\\u{9}=1");
  });
});
