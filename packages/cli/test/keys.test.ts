/** `msl keys`: Key Hints as a table, as CSV and as a key log; and keys that are found in memory. Keys are made by node:crypto. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter, pagesOf } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-keys-"));
const FILE = join(scratch, "keys.msl");
const CUT_OFF = capture("ms-noeoc");
const BASE = 0x7f0000000000n;
const MASTER = createHash("sha384").update("master").digest();
const RANDOM = createHash("sha256").update("random").digest("hex");
const PEM = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs1", format: "pem" });

beforeAll(async () => {
  const bytes = new Uint8Array(8192);
  bytes.set(MASTER, 0x40);
  bytes.set(Buffer.from(PEM), 0x800);
  const writer = new MslWriter(await fileSink(FILE), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: ["ModuleListIndex", "MemoryRegion", "KeyHint"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  const region = {
    baseAddr: BASE,
    regionSize: 8192n,
    protection: 3,
    regionType: "heap",
    pageSizeLog2: 12,
    timestampNs: 0n,
  } as const;
  const { uuid } = await writer.memoryRegion({ ...region, pageData: bytes }, { hasKeyHints: true });
  const hint = { regionUuid: uuid, keyLen: 48, confidence: 2, keyState: 1 } as const;
  await writer.keyHint({ ...hint, regionOffset: 0x40n, keyType: 2, protocol: 1, note: `client_random ${RANDOM}` });
  await writer.keyHint({ ...hint, regionOffset: 0x10n, keyType: 3, protocol: 7, note: '\u001b[31m, "quoted"' });
  await writer.end();
});
afterAll(() => rmSync(scratch, { recursive: true }));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("msl dump", () => {
  const noted = join(scratch, "noted.msl");
  const MARK = `[${MASTER.length} bytes hidden]`;

  /** A hint that can be read, with its key in its note, and one whose region nobody has, in the last block. */
  beforeAll(async () => {
    const writer = new MslWriter(await fileSink(noted), {
      header: { osType: "Linux", archType: "x86_64", pid: 7 },
      contents: ["ModuleListIndex", "MemoryRegion", "KeyHint"],
    });
    await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
    await writer.moduleListIndex({ entries: [] });
    const bytes = new Uint8Array(4096);
    bytes.set(MASTER, 0x40);
    const region = {
      baseAddr: BASE,
      regionSize: 4096n,
      protection: 3,
      regionType: "heap",
      pageSizeLog2: 12,
      timestampNs: 0n,
    } as const;
    const { uuid } = await writer.memoryRegion({ ...region, pageData: bytes }, { hasKeyHints: true });
    const hint = { regionUuid: uuid, keyLen: 48, confidence: 2, keyState: 1, keyType: 2, protocol: 1 } as const;
    await writer.keyHint({ ...hint, regionOffset: 0x40n, note: `bytes ${spaced(MASTER)}.` });
    await writer.keyHint({ ...hint, regionOffset: 0x40n, note: `CLIENT_RANDOM ${RANDOM} ${hex(MASTER)}` });
    await writer.end();
  });
  const spaced = (bytes: Uint8Array) => hex(bytes).replace(/..(?=.)/g, "$& ");

  it("hides the bytes of keys in notes as msl keys does, unless --show-secrets is given", () => {
    const hidden = [`bytes ${MARK}.`, `CLIENT_RANDOM ${RANDOM} ${MARK}`];
    for (const form of ["--json", "--ndjson"]) {
      const { stdout } = msl(["dump", noted, form]);
      for (const note of hidden) expect(stdout).toContain(JSON.stringify(note));
      expect(stdout).not.toContain(spaced(MASTER));
      expect(stdout).not.toContain(hex(MASTER).slice(0, 16));
      const { stdout: shown } = msl(["dump", noted, form, "--show-secrets"]);
      expect(shown).toContain(`bytes ${spaced(MASTER)}.`);
      expect(shown).toContain(`CLIENT_RANDOM ${RANDOM} ${hex(MASTER)}`);
    }
    expect(JSON.parse(msl(["keys", noted, "--json"]).stdout).hints.map(({ note }: { note: string }) => note)).toEqual(hidden);
  });

  it("hides secrets behind names in notes of hints whose key is not known: those behind End-of-Capture", () => {
    const behind = join(scratch, "behind.msl");
    const bytes = readFileSync(noted);
    // The type of the block before the last hint becomes that of End-of-Capture.
    const { blocks } = JSON.parse(msl(["dump", noted, "--json"]).stdout);
    const first = blocks.find(({ typeName }: { typeName: string }) => typeName === "KeyHint");
    bytes.writeUInt16LE(0x0fff, first.offset + 4);
    writeFileSync(behind, bytes);
    const { stdout } = msl(["dump", behind, "--json"]);
    expect(JSON.parse(stdout).blocks.at(-2).afterEoc).toBe(true);
    expect(stdout).toContain(`CLIENT_RANDOM ${RANDOM} ${MARK}`);
  });
});

describe("msl keys", () => {
  it("a line for each Key Hint has address, kind, protocol and length, and no byte of the key", () => {
    const { status, stdout } = msl(["keys", FILE]);
    expect(status).toBe(0);
    expect(stdout.split("\n").map((line) => line.trim().split(/ {2,}/).slice(0, 4))).toEqual([
      ["address", "kind", "protocol", "length"],
      ["0x7f0000000040", "master secret", "TLS 1.2", "48"],
      ["0x7f0000000010", "session key", "SSH", "48"],
      [""],
    ]);
    expect(stdout).toContain("\\u{1b}[31m");
    expect(stdout).not.toContain(hex(MASTER));
  });

  it("with --show-secrets, the bytes of keys stand in text, JSON and CSV", () => {
    for (const format of [[], ["--json"], ["--ndjson"], ["--csv"]]) {
      expect(msl(["keys", FILE, "--show-secrets", ...format]).stdout).toContain(hex(MASTER));
      expect(msl(["keys", FILE, ...format]).stdout).not.toContain(hex(MASTER).slice(0, 16));
    }
  });

  it("CSV has a line of headings, and quotes what has commas and quotes", () => {
    const lines = msl(["keys", FILE, "--csv", "--sort", "address"]).stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("block,address,kind,protocol,keyLen,length,confidence,reading,state,fingerprint,place,secret,note");
    expect(lines[1]).toMatch(
      /^4,0x7f0000000010,session key,SSH,48,48,confirmed,,active,[0-9a-f]{16},heap,,"\\u\{1b\}\[31m, ""quoted"""$/,
    );
    expect(lines).toHaveLength(3);
  });

  it("rows are sorted by any column, in either order, and counted beyond the limit", () => {
    const kinds = (...args: string[]) =>
      JSON.parse(msl(["keys", FILE, "--json", ...args]).stdout).hints.map(({ kind }: { kind: string }) => kind);
    expect(kinds("--sort", "kind")).toEqual(["master secret", "session key"]);
    expect(kinds("--sort", "kind", "--reverse")).toEqual(["session key", "master secret"]);
    expect(kinds("--sort", "address")).toEqual(["session key", "master secret"]);
    const limited = JSON.parse(msl(["keys", FILE, "--json", "--limit", "1"]).stdout);
    expect([limited.hints.length, limited.count]).toEqual([1, 2]);
    expect(msl(["keys", FILE, "--limit", "1"]).stderr).toContain("1 of 2 hints, at the limit");
    expect(msl(["keys", FILE, FILE, "-c", "-q"]).stdout).toBe(`${FILE}: 2\n${FILE}: 2\n`);
  });

  it("a capture without End-of-Capture has status 4 and says that hints may be missing", () => {
    expect(msl(["keys", CUT_OFF])).toMatchObject({ status: 4, stderr: expect.stringContaining("no End-of-Capture") });
    expect(JSON.parse(msl(["keys", CUT_OFF, "--json"]).stdout)).toMatchObject({ problems: [expect.stringContaining("missing")] });
  });

  it("a file among several that cannot be read is a row, and the others are shown", () => {
    const bad = capture("x-bad-magic");
    expect(msl(["keys", bad, FILE, "--csv"])).toMatchObject({ status: 3 });
    const [heading, error, ...found] = msl(["keys", bad, FILE, "--csv"]).stdout.trimEnd().split("\n");
    expect(heading).toMatch(/^file,block,.*,note,error$/);
    expect(error).toMatch(new RegExp(`^${bad},{14}.*Not a Memory Slice capture`));
    expect(found.map((line) => line.startsWith(`${FILE},`))).toEqual([true, true]);
    const rows = msl(["keys", bad, FILE, "--ndjson"])
      .stdout.trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.error?.code ?? row.kind ?? row.count)).toEqual(["not-msl", "master secret", "session key", 2]);
  });
});

describe("Key Hints behind pages that were not captured", () => {
  const path = join(scratch, "ambiguous.msl");
  /** The same with the second hint where the writer lets it be, so that the capture is intact. */
  const intact = join(scratch, "intact.msl");
  const KEY = createHash("sha384").update("the key in memory").digest();
  const page = (fill: number) => new Uint8Array(4096).fill(fill);

  /** A captured, a failed and two captured pages at 0x10000. The key stands at 0x12064; by its offset in page data it would stand at 0x13064. */
  beforeAll(async () => {
    const writer = new MslWriter(await fileSink(path), {
      header: { osType: "Linux", archType: "x86_64", pid: 7 },
      contents: ["MemoryRegion", "KeyHint"],
    });
    await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
    await writer.moduleListIndex({ entries: [] });
    const pageData = Buffer.concat([page(1), page(2), page(3)]);
    pageData.set(KEY, 0x1064);
    const pages = pagesOf((["captured", "failed", "captured", "captured"] as const).map((state) => ({ count: 1, state })));
    const head = { baseAddr: 0x10000n, regionSize: 0x4000n, protection: 3, regionType: "heap", pageSizeLog2: 12 } as const;
    const { uuid } = await writer.memoryRegion({ ...head, timestampNs: 0n, pageData, pages }, { hasKeyHints: true });
    const hint = { regionUuid: uuid, keyType: 2, protocol: 1, confidence: 2, keyState: 1 } as const;
    const note = `CLIENT_RANDOM ${RANDOM} ${hex(KEY)}`;
    await writer.keyHint({ ...hint, regionOffset: 0x2064n, keyLen: 48, note });
    await writer.keyHint({ ...hint, regionOffset: 0x2fe0n, keyLen: 32, note: "" });
    await writer.end();
    // The writer refuses 0x2ff0, which passes the end of the page data.
    const bytes = readFileSync(path);
    writeFileSync(intact, bytes);
    bytes[bytes.indexOf(Buffer.from("e02f00000000000020000000", "hex"))] = 0xf0;
    writeFileSync(path, bytes);
  });

  it("both places are shown with their reading if the key can be whole at both, and the one that fits otherwise", () => {
    const { hints } = JSON.parse(msl(["keys", path, "--json", "--show-secrets"]).stdout);
    expect(hints).toMatchObject([
      { block: 3, address: "0x13064", length: 48, reading: "page data", secret: "03".repeat(48) },
      { block: 3, address: "0x12064", length: 48, reading: "region", secret: hex(KEY) },
      { block: 4, address: "0x12ff0", length: 32, secret: "02".repeat(16) + "03".repeat(16) },
    ]);
    expect(hints[2]).not.toHaveProperty("reading");
    const lint = JSON.parse(msl(["lint", path, "--json"]).stdout);
    const ids = lint.findings.map(({ id }: { id: string }) => id).filter((id: string) => id.startsWith("KEY-"));
    expect(ids).toEqual(["KEY-AMBIGUOUS"]);
  });

  it("a key log has both lines as comments, and the status is 4", () => {
    const lines = [
      "# Key Hint in block 3 can be read in two ways (KEY-AMBIGUOUS); at most one of these lines is right:",
      `# CLIENT_RANDOM ${RANDOM} ${"03".repeat(48)}`,
      `# CLIENT_RANDOM ${RANDOM} ${hex(KEY)}`,
    ];
    const { status, stdout, stderr } = msl(["keys", path, "--key-log"]);
    expect(stdout).toBe(`${lines.join("\n")}\n`);
    expect(status).toBe(4);
    expect(stderr).toContain("0 lines from 2 Key Hints; left out: 1 can be read in two ways");
    const target = join(scratch, "key.log");
    expect(msl(["export", intact, "--to", "key-log", "-o", target]).status).toBe(4);
    expect(readFileSync(target, "utf8")).toBe(`${lines.join("\n")}\n`);
  });

  it("without --show-secrets, no output has the key that the note holds", () => {
    const folder = join(scratch, "extracted");
    expect(msl(["extract", path, "-o", folder, "--tables"]).status).toBe(0);
    const tables = ["csv", "json"].map((format) => readFileSync(join(folder, "tables", `keys.${format}`), "utf8"));
    const outputs = [[], ["--json"], ["--ndjson"], ["--csv"]].map((format) => msl(["keys", path, ...format]).stdout);
    for (const text of [...outputs, ...tables]) {
      expect(text).toContain(`CLIENT_RANDOM ${RANDOM} [48 bytes hidden]`);
      expect(text).not.toContain(hex(KEY).slice(0, 16));
    }
    expect(msl(["keys", path, "--show-secrets"]).stdout).toContain(`CLIENT_RANDOM ${RANDOM} ${hex(KEY)}`);
  });
});

describe("msl keys --key-log", () => {
  it("the secret of a connection whose client random the note tells is a line of RFC 9850", () => {
    expect(msl(["keys", FILE, "--key-log"])).toEqual({
      status: 0,
      stdout: `CLIENT_RANDOM ${RANDOM} ${hex(MASTER)}\n`,
      stderr: `msl: ${FILE}: 1 line from 2 Key Hints; left out: 1 not TLS\n`,
    });
  });

  it("without a line, the status is 1, or 4 if hints may be missing", () => {
    expect(msl(["keys", capture("ms-basic-plain"), "--key-log"])).toMatchObject({
      ...{ status: 1, stdout: "" },
      stderr: expect.stringContaining("1 no client random, 1 not TLS"),
    });
    expect(msl(["keys", CUT_OFF, "--key-log"]).status).toBe(4);
  });
});

describe("msl keys --find", () => {
  it("a key that contradicts itself is listed with its problem, in text and JSON", async () => {
    const file = join(scratch, "contradictory.msl");
    const key = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({ type: "sec1", format: "der" });
    const pageData = new Uint8Array(4096);
    pageData.set(key.map((byte, i) => (i === key.length - 1 ? byte ^ 1 : byte)));
    const writer = new MslWriter(await fileSink(file), {
      header: { osType: "Linux", archType: "x86_64", pid: 7 },
      contents: ["ModuleListIndex", "MemoryRegion"],
    });
    await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
    await writer.moduleListIndex({ entries: [] });
    const region = {
      baseAddr: BASE,
      regionSize: 4096n,
      protection: 3,
      regionType: "heap",
      pageSizeLog2: 12,
      timestampNs: 0n,
    } as const;
    await writer.memoryRegion({ ...region, pageData });
    await writer.end();
    const problem = "the public key in the structure is not that of the private key";
    expect(msl(["keys", "--find", file, "-q"]).stdout).toContain(`problem: ${problem}`);
    expect(JSON.parse(msl(["keys", "--find", file, "--json"]).stdout).keys[0]).toMatchObject({ proof: "structure", problem });
  });

  it("a private key has its address, size, fingerprint and proof, and its bytes only when asked for", () => {
    const { status, stdout } = msl(["keys", "--find", FILE, "-q"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\n0x00007f0000000800 {2}rsa 1024 {12}\d{3} {2}[0-9a-f]{16} {2}arithmetic {2}heap \(pkcs1, PEM\)\n$/);
    const der = Buffer.from(String(PEM).replace(/-----.*-----|\n/g, ""), "base64").toString("hex");
    expect(stdout).not.toContain(der);
    const [found] = JSON.parse(msl(["keys", "--find", FILE, "--json", "--show-secrets"]).stdout).keys;
    expect(found).toMatchObject({ address: "0x7f0000000800", kind: "rsa", form: "pkcs1", pem: true, bits: 1024, secret: der });
    expect(JSON.parse(msl(["keys", "--find", FILE, "--json"]).stdout).keys[0].secret).toBeUndefined();
  });

  it("the status says whether a key was found, in all of the memory or in a part", () => {
    expect(msl(["keys", "--find", FILE, "--kind", "aes"]).status).toBe(1);
    expect(msl(["keys", "--find", FILE, "--kind", "aes", "--kind", "rsa", "-c"]).stdout).toBe("1\n");
    expect(msl(["keys", "--find", FILE, "--range", "7f0000000000+0x900"]).status).toBe(1);
    expect(msl(["keys", "--find", capture("ms-basic-plain")]).status).toBe(4);
  });

  it.each([
    [["keys", "--find", FILE, "--kind", "dsa"], "--kind takes one of"],
    [["keys", "--find", FILE, "--csv"], "is for msl keys without --find"],
    [["keys", "--find", FILE, "--key-log"], "is for msl keys without --find"],
    [["keys", FILE, "--kind", "aes"], "is for msl keys with --find"],
    [["keys", FILE, "--range", "heap"], "is for msl keys with --find"],
    [["keys", FILE, "--sort", "size"], "--sort takes one of"],
    [["keys", FILE, "--csv", "--json"], "--csv excludes"],
    [["keys", FILE, "--key-log", "--json"], "excludes --json"],
    [["keys"], "needs a file"],
  ])("wrong usage is refused with status 2: msl %j", (args, message) => {
    expect(msl(args)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  });
});
