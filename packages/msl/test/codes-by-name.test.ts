/** Codes that callers give by their registered names. The expected numbers are those of the specification's tables. */
import { describe, expect, it } from "vitest";
import {
  BytesSink,
  codeName,
  codeNumber,
  HANDLE_TYPE,
  KEY_CONFIDENCE,
  KEY_PROTOCOL,
  KEY_STATE,
  KEY_TYPE,
  MslSliceReader,
  MslWriter,
  RELATIONSHIP,
  SOURCE_FORMAT,
  TCP_STATE,
  THREAD_STATE,
} from "../src/index.js";

const HEADER = { osType: "Linux", archType: "ARM64", pid: 7, clockSource: "CLOCK_MONOTONIC_RAW" } as const;
const REGION = { baseAddr: 0x1000n, regionSize: 4096n, protection: 3, pageSizeLog2: 12, timestampNs: 0n } as const;
const HINT = {
  regionOffset: 16n,
  keyLen: 32,
  keyType: "session key",
  protocol: "TLS 1.3",
  confidence: "confirmed",
  keyState: "active",
} as const;
const UUID = "00112233-4455-4677-8899-aabbccddeeff";

async function refusal(write: () => unknown): Promise<unknown> {
  return Promise.resolve()
    .then(write)
    .then(
      () => "no refusal",
      (error: unknown) => `${Reflect.get(Object(error), "code")}: ${Reflect.get(Object(error), "message")}`,
    );
}

describe("codes by name", () => {
  it("a writer takes the codes of header, region and payloads by name, and writes their numbers", async () => {
    const sink = new BytesSink();
    const header = { ...HEADER, investigation: true, hashAlgo: "SHA-256" } as const;
    const contents = ["MemoryRegion", "KeyHint", "RelatedDump", "ThreadContext", "ConnectionTable", "HandleTable"] as const;
    const writer = new MslWriter(sink, { header, contents });
    await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
    await writer.moduleListIndex({ entries: [] });
    await writer.systemContext({ bootTimeNs: 0n, targetCount: 1 });
    const address = { localAddr: new Uint8Array(16), localPort: 22, remoteAddr: new Uint8Array(16), remotePort: 0 };
    await writer.connectionTable({ entries: [{ pid: 1, family: "IPv4", protocol: "TCP", state: "LISTEN", ...address }] });
    await writer.handleTable({ entries: [{ pid: 1, fd: 3, handleType: "socket" }] });
    const register = { flags: 3, name: "pc", value: new Uint8Array(8) };
    await writer.threadContext({ threadId: 1n, startTimeNs: 0n, flags: 1, threadState: "stopped", registers: [register] });
    const { uuid } = await writer.memoryRegion(
      { ...REGION, regionType: "heap", pageData: new Uint8Array(4096) },
      { hasKeyHints: true },
    );
    await writer.keyHint({ ...HINT, regionUuid: uuid });
    await writer.relatedDump({ relatedDumpUuid: UUID, relatedPid: 8, relationship: "child" });
    await writer.end();

    const reader = new MslSliceReader(sink.bytes());
    expect(reader.header).toMatchObject({ osType: 1, archType: 2, clockSource: 2, hashAlgo: 1, osTypeName: "Linux" });
    const payloads = new Map(Array.from(reader, (block) => [block.typeName, block.decode().payload]));
    expect(payloads.get("MemoryRegion")).toMatchObject({ regionType: 1 });
    expect(payloads.get("KeyHint")).toMatchObject({
      keyType: 3,
      protocol: 2,
      confidence: 2,
      keyState: 1,
      keyTypeName: "session key",
    });
    expect(payloads.get("RelatedDump")).toMatchObject({ relationship: 2 });
    expect(payloads.get("ThreadContext")).toMatchObject({ threadState: 3 });
    expect(payloads.get("ConnectionTable")).toMatchObject({ entries: [{ family: 2, protocol: 6, state: 10 }] });
    expect(payloads.get("HandleTable")).toMatchObject({ entries: [{ handleType: 3 }] });
  });

  it("an import takes the source format by name", async () => {
    const sink = new BytesSink();
    const writer = new MslWriter(sink, { header: { ...HEADER, imported: true }, contents: [] });
    await writer.importProvenance({ sourceFormat: "Windows Minidump", importTimeNs: 0n, origFileSize: 0n });
    await writer.close();
    const [block] = new MslSliceReader(sink.bytes());
    expect(block?.decode().payload).toMatchObject({ sourceFormat: 3 });
  });

  it("a name that the table does not have is refused, and the refusal lists the names", async () => {
    const writer = () => new MslWriter(new BytesSink(), { header: HEADER, contents: ["MemoryRegion"] });
    expect(
      await refusal(() => new MslWriter(new BytesSink(), { header: { ...HEADER, osType: "linux" as "Linux" }, contents: [] })),
    ).toBe(
      'bad-value: FileHeader.osType is "linux", expected an integer from 0 to 65535 or a registered name: "Windows", "Linux", "macOS", "Android", "iOS", "FreeBSD", "NetBSD", "OpenBSD", "QNX", "Fuchsia", "unknown"',
    );
    expect(await refusal(() => writer().memoryRegion({ ...REGION, regionType: "toString" as "heap" }))).toMatch(
      /^bad-value: MemoryRegion\.regionType is "toString", expected an integer from 0 to 255 or a registered name: "unknown", "heap", /,
    );
    const imported = new MslWriter(new BytesSink(), { header: { ...HEADER, imported: true }, contents: [] });
    const odd = { sourceFormat: "2" as "ELF core", importTimeNs: 0n, origFileSize: 0n };
    expect(await refusal(() => imported.importProvenance(odd))).toBe(
      'bad-value: ImportProvenance.sourceFormat is "2", expected an integer from 0 to 65535 or a registered name: "unknown", "raw byte stream", "ELF core", "Windows Minidump", "macOS core", "ProcDump", "other"',
    );
  });

  it.each([
    ["KEY_TYPE", KEY_TYPE, 12, "ML-KEM private key"],
    ["KEY_PROTOCOL", KEY_PROTOCOL, 8, "WireGuard"],
    ["KEY_CONFIDENCE", KEY_CONFIDENCE, 1, "heuristic"],
    ["KEY_STATE", KEY_STATE, 2, "expired"],
    ["THREAD_STATE", THREAD_STATE, 4, "waiting"],
    ["SOURCE_FORMAT", SOURCE_FORMAT, 5, "ProcDump"],
    ["RELATIONSHIP", RELATIONSHIP, 4, "IPC peer"],
    ["TCP_STATE", TCP_STATE, 1, "ESTABLISHED"],
    ["HANDLE_TYPE", HANDLE_TYPE, 255, "other"],
  ])("%s gives the name of a code, and the code of a name", (_, table, code, name) => {
    expect([codeName(table, code), codeNumber(table, name), codeNumber(table, "no such name")]).toEqual([name, code, undefined]);
  });
});
