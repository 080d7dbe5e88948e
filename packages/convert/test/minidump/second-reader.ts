/**
 * A second reader of minidumps, from the public documentation alone (minidumpapiset.h at learn.microsoft.com, verrsrc.h, winnt.h) and without code of the package: it
 * reads each structure member after member, in order, and insists on what readers of others insist on.
 */

class Cursor {
  readonly #data: Buffer;
  at: number;

  constructor(data: Uint8Array, at: number) {
    this.#data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.at = at;
  }

  #take(size: number): number {
    const at = this.at;
    this.at += size;
    if (this.at > this.#data.length) throw new RangeError(`offset ${this.at} passes ${this.#data.length}`);
    return at;
  }

  WORD = () => this.#data.readUInt16LE(this.#take(2));
  BYTE = () => this.#data.readUInt8(this.#take(1));
  DWORD = () => this.#data.readUInt32LE(this.#take(4));
  QWORD = () => this.#data.readBigUInt64LE(this.#take(8));
  M128A = () => {
    const low = this.QWORD();
    return low | (this.QWORD() << 64n);
  };
  bytes = (size: number) => Uint8Array.from(this.#data.subarray(this.#take(size), this.at));
  skip = (size: number) => void this.#take(size);
}

/** MINIDUMP_LOCATION_DESCRIPTOR. */
interface Location {
  readonly dataSize: number;
  readonly rva: number;
}

const location = (cursor: Cursor): Location => ({ dataSize: cursor.DWORD(), rva: cursor.DWORD() });

/** MINIDUMP_STRING: Length counts bytes without the NUL, which has to be there. */
function readString(file: Uint8Array, rva: number): string {
  const cursor = new Cursor(file, rva);
  const length = cursor.DWORD();
  const text = Buffer.from(cursor.bytes(length)).toString("utf16le");
  if (cursor.WORD() !== 0) throw new Error(`string at ${rva} has no NUL`);
  return text;
}

interface ReadThread {
  readonly id: number;
  readonly teb: bigint;
  readonly stackStart: bigint;
  readonly contextFlags: number | bigint;
  readonly registers: Readonly<Record<string, bigint>>;
}

export interface ReadMinidump {
  readonly time: number;
  readonly flags: bigint;
  readonly types: readonly number[];
  readonly system: { readonly architecture: number; readonly platform: number; readonly version: string; readonly csd: string };
  readonly misc: { readonly size: number; readonly flags: number; readonly pid: number; readonly createTime: number };
  readonly threads: readonly ReadThread[];
  readonly names: Readonly<Record<number, string>>;
  readonly createTimes: Readonly<Record<number, bigint>>;
  readonly exception:
    | {
        readonly threadId: number;
        readonly code: number;
        readonly flags: number;
        readonly record: bigint;
        readonly address: bigint;
        readonly parameters: readonly bigint[];
        readonly contextRva: number;
      }
    | undefined;
  readonly modules: readonly {
    readonly base: bigint;
    readonly size: number;
    readonly name: string;
    readonly version: string;
    readonly codeView: Uint8Array;
  }[];
  readonly regions: readonly {
    readonly base: bigint;
    readonly size: bigint;
    readonly state: number;
    readonly protect: number;
    readonly type: number;
  }[];
  readonly memory: readonly { readonly start: bigint; readonly size: bigint; readonly offset: bigint }[];
  readonly handles: readonly {
    readonly handle: bigint;
    readonly type: string;
    readonly name: string;
    readonly attributes: number;
  }[];
  readonly comment: string;
}

export function readMinidump(file: Uint8Array): ReadMinidump {
  const header = new Cursor(file, 0);
  if (Buffer.from(header.bytes(4)).toString() !== "MDMP") throw new Error("no MDMP");
  if ((header.DWORD() & 0xffff) !== 42899) throw new Error("MINIDUMP_VERSION is 42899");
  const [count, directoryRva, checkSum, time, flags] = [
    header.DWORD(),
    header.DWORD(),
    header.DWORD(),
    header.DWORD(),
    header.QWORD(),
  ];
  if (checkSum !== 0) throw new Error("CheckSum is 0 unless computed");
  const streams = new Map<number, Location>();
  const directory = new Cursor(file, directoryRva);
  for (let at = 0; at < count; at++) {
    const type = directory.DWORD();
    const place = location(directory);
    if (streams.has(type)) throw new Error(`stream ${type} twice`);
    if (place.rva + place.dataSize > file.length) throw new Error(`stream ${type} passes the end`);
    streams.set(type, place);
  }
  const stream = <T>(type: number, read: (cursor: Cursor, size: number) => T): T | undefined => {
    const place = streams.get(type);
    if (!place) return undefined;
    const cursor = new Cursor(file, place.rva);
    const value = read(cursor, place.dataSize);
    if (cursor.at > place.rva + place.dataSize) throw new Error(`stream ${type} is longer than the directory says`);
    return value;
  };
  const needed = <T>(value: T | undefined, name: string): T => {
    if (value === undefined) throw new Error(`no ${name}`);
    return value;
  };
  const system = needed(
    stream(7, (cursor) => readSystem(file, cursor)),
    "SystemInfoStream",
  );
  return {
    ...{ time, flags, types: [...streams.keys()], system },
    misc: needed(
      stream(15, (cursor) => ({ size: cursor.DWORD(), flags: cursor.DWORD(), pid: cursor.DWORD(), createTime: cursor.DWORD() })),
      "MiscInfoStream",
    ),
    threads: needed(
      stream(3, (cursor) => readThreads(file, cursor, system.architecture)),
      "ThreadListStream",
    ),
    names: Object.fromEntries(
      stream(24, (cursor) => rows(cursor.DWORD(), () => [cursor.DWORD(), readString(file, Number(cursor.QWORD()))])) ?? [],
    ),
    createTimes: Object.fromEntries(stream(17, readTimes) ?? []),
    exception: stream(6, readException),
    modules: needed(
      stream(4, (cursor) => readModules(file, cursor)),
      "ModuleListStream",
    ),
    regions: needed(stream(16, readRegions), "MemoryInfoListStream"),
    memory: needed(stream(9, readMemory), "Memory64ListStream"),
    handles: stream(12, (cursor) => readHandles(file, cursor)) ?? [],
    comment: stream(10, (cursor, size) => Buffer.from(cursor.bytes(size)).toString()) ?? "",
  };
}

function rows<T>(count: number, read: () => T): T[] {
  return Array.from({ length: count }, read);
}

function readSystem(file: Uint8Array, cursor: Cursor) {
  const architecture = cursor.WORD();
  cursor.skip(2 + 2 + 1 + 1); // ProcessorLevel, ProcessorRevision, NumberOfProcessors, ProductType
  const version = [cursor.DWORD(), cursor.DWORD(), cursor.DWORD()].join(".");
  const platform = cursor.DWORD();
  const csd = readString(file, cursor.DWORD());
  cursor.skip(2 + 2 + 24); // SuiteMask, Reserved2, Cpu
  return { architecture, platform, version, csd };
}

function readThreads(file: Uint8Array, cursor: Cursor, architecture: number): ReadThread[] {
  return rows(cursor.DWORD(), () => {
    const id = cursor.DWORD();
    cursor.skip(12); // SuspendCount, PriorityClass, Priority
    const [teb, stackStart] = [cursor.QWORD(), cursor.QWORD()];
    if (location(cursor).dataSize !== 0) throw new Error("the stack has a place of its own");
    const context = location(cursor);
    return {
      id,
      teb,
      stackStart,
      ...(context.dataSize === 0
        ? { contextFlags: 0, registers: {} }
        : readContext(new Cursor(file, context.rva), architecture, context.dataSize)),
    };
  });
}

function readContext(cursor: Cursor, architecture: number, size: number) {
  const registers: Record<string, bigint> = {};
  const dwords = (...names: string[]) => {
    for (const name of names) registers[name] = BigInt(cursor.DWORD());
  };
  const words = (...names: string[]) => {
    for (const name of names) registers[name] = BigInt(cursor.WORD());
  };
  const qwords = (...names: string[]) => {
    for (const name of names) registers[name] = cursor.QWORD();
  };
  const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, number) => `${prefix}${number}`);
  let contextFlags: number | bigint = 0;
  if (architecture === 9 && size === 1232) {
    cursor.skip(6 * 8);
    contextFlags = cursor.DWORD();
    dwords("mxcsr");
    words("cs", "ds", "es", "fs", "gs", "ss");
    dwords("eflags");
    cursor.skip(6 * 8);
    qwords("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", ...Array.from({ length: 8 }, (_, at) => `r${8 + at}`), "rip");
    cursor.skip(32 + 8 * 16);
    for (let number = 0; number < 16; number++) registers[`xmm${number}`] = cursor.M128A();
  } else if (architecture === 0 && size === 716) {
    contextFlags = cursor.DWORD();
    cursor.skip(6 * 4 + 112);
    dwords("gs", "fs", "es", "ds", "edi", "esi", "ebx", "edx", "ecx", "eax", "ebp", "eip", "cs", "eflags", "esp", "ss");
  } else if (architecture === 12 && size === 912) {
    contextFlags = cursor.DWORD();
    dwords("cpsr");
    qwords(...numbered("x", 29), "fp", "lr", "sp", "pc");
    for (let number = 0; number < 32; number++) registers[`v${number}`] = cursor.M128A();
  } else if (architecture === 0x8003 && size === 796) {
    contextFlags = cursor.QWORD();
    qwords(...numbered("x", 29), "fp", "lr", "sp", "pc");
    dwords("cpsr", "fpsr", "fpcr");
    for (let number = 0; number < 32; number++) registers[`v${number}`] = cursor.M128A();
  } else if (architecture === 5 && (size === 416 || size === 368)) {
    contextFlags = cursor.DWORD();
    dwords(...numbered("r", 13), "sp", "lr", "pc", "cpsr");
  } else throw new Error(`a context of ${size} bytes for architecture ${architecture}`);
  return { contextFlags, registers };
}

function readTimes(cursor: Cursor): [number, bigint][] {
  const [header, entry, count] = [cursor.DWORD(), cursor.DWORD(), cursor.DWORD()];
  if (header !== 12 || entry !== 64) throw new Error("sizes of MINIDUMP_THREAD_INFO_LIST");
  return rows(count, () => {
    const id = cursor.DWORD();
    cursor.skip(12);
    const time = cursor.QWORD();
    cursor.skip(40);
    return [id, time];
  });
}

function readException(cursor: Cursor) {
  const threadId = cursor.DWORD();
  cursor.skip(4);
  const [code, flags, record, address] = [cursor.DWORD(), cursor.DWORD(), cursor.QWORD(), cursor.QWORD()];
  const count = cursor.DWORD();
  cursor.skip(4);
  const parameters = Array.from({ length: 15 }, () => cursor.QWORD()).slice(0, count);
  return { threadId, code, flags, record, address, parameters, contextRva: location(cursor).rva };
}

function readModules(file: Uint8Array, cursor: Cursor) {
  return rows(cursor.DWORD(), () => {
    const [base, size] = [cursor.QWORD(), cursor.DWORD()];
    cursor.skip(8); // CheckSum, TimeDateStamp
    const name = readString(file, cursor.DWORD());
    const [signature, structure, high, low] = [cursor.DWORD(), cursor.DWORD(), cursor.DWORD(), cursor.DWORD()];
    if (signature !== 0 && (signature !== 0xfeef04bd || structure !== 0x10000)) throw new Error("VS_FIXEDFILEINFO");
    cursor.skip(9 * 4);
    const codeView = location(cursor);
    cursor.skip(8 + 16); // MiscRecord, Reserved0, Reserved1
    const version = signature === 0 ? "" : [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join(".");
    return { base, size, name, version, codeView: new Cursor(file, codeView.rva).bytes(codeView.dataSize) };
  });
}

function readRegions(cursor: Cursor) {
  const [header, entry, count] = [cursor.DWORD(), cursor.DWORD(), cursor.QWORD()];
  if (header !== 16 || entry !== 48) throw new Error("sizes of MINIDUMP_MEMORY_INFO_LIST");
  return rows(Number(count), () => {
    const base = cursor.QWORD();
    cursor.skip(8 + 4 + 4); // AllocationBase, AllocationProtect, __alignment1
    const size = cursor.QWORD();
    const [state, protect, type] = [cursor.DWORD(), cursor.DWORD(), cursor.DWORD()];
    cursor.skip(4);
    return { base, size, state, protect, type };
  });
}

function readMemory(cursor: Cursor) {
  const count = cursor.QWORD();
  let offset = cursor.QWORD();
  return rows(Number(count), () => {
    const [start, size] = [cursor.QWORD(), cursor.QWORD()];
    const row = { start, size, offset };
    offset += size;
    return row;
  });
}

function readHandles(file: Uint8Array, cursor: Cursor) {
  const [header, descriptor, count] = [cursor.DWORD(), cursor.DWORD(), cursor.DWORD()];
  if (header !== 16 || descriptor !== 32) throw new Error("sizes of MINIDUMP_HANDLE_DATA_STREAM");
  cursor.skip(4);
  const text = (rva: number) => (rva === 0 ? "" : readString(file, rva));
  return rows(count, () => {
    const [handle, type, name] = [cursor.QWORD(), text(cursor.DWORD()), text(cursor.DWORD())];
    const attributes = cursor.DWORD();
    cursor.skip(12);
    return { handle, type, name, attributes };
  });
}
