/**
 * Mach-O cores by hand, from mach-o/loader.h, mach/thread_status.h and the notes that ObjectFileMachO.cpp of lldb writes. Each field stands here with the size that
 * these files give it; nothing of the package is used. Integers are little-endian but in `shortCore`.
 */

const u32 = (value: number) => Uint8Array.of(value, value >> 8, value >> 16, value >>> 24);
const u64 = (value: bigint) => Uint8Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
const text = (value: string, length: number) =>
  new Uint8Array(Buffer.concat([Buffer.from(value), Buffer.alloc(length)]).subarray(0, length));
export const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

interface MachSegment {
  readonly vmaddr: bigint;
  readonly bytes?: Uint8Array;
  /** Default: as many as in the file. */
  readonly vmsize?: bigint;
  /** 1 read, 2 write, 4 execute. */
  readonly initprot?: number;
  /** In place of the true values. */
  readonly fileoff?: bigint;
  readonly filesize?: bigint;
}

/** A state of LC_THREAD: flavour, number of words of 4 bytes, and the words. */
export function state(flavour: number, words: Uint8Array, count = words.length / 4): Uint8Array {
  return joined(u32(flavour), u32(count), words);
}

/** x86_THREAD_STATE64 (4): rax rbx rcx rdx rdi rsi rbp rsp r8-r15 rip rflags cs fs gs, each of 8 bytes. */
export const x86State = (first: bigint) =>
  state(4, joined(...Array.from({ length: 21 }, (_, index) => u64(first + BigInt(index)))));

/** ARM_THREAD_STATE64 (6): x0-x28, fp, lr, sp, pc of 8 bytes each, cpsr and padding of 4 bytes each. */
export const armState = (first: bigint) =>
  state(6, joined(...Array.from({ length: 33 }, (_, index) => u64(first + BigInt(index))), u32(0x6000_0000), u32(0)));

const numbers = (count: number, size: number, first: number) =>
  joined(...Array.from({ length: count }, (_, index) => new Uint8Array(size).fill(first + index)));

/**
 * _STRUCT_X86_FLOAT_STATE64 of mach/i386/_structs.h: 2 reserved ints; fcw, fsw, ftw (8 bits), reserved, fop; ip (32 bits), cs, reserved, dp, ds, reserved; mxcsr and its mask;
 * 8 registers of 10 bytes and 6 reserved ones; 16 xmm registers; 96 reserved bytes; an int. 524 bytes.
 */
const x86Float = () =>
  joined(
    new Uint8Array(8).fill(0xee),
    ...[Uint8Array.of(0x7f, 3, 0x20, 0x38, 0x80, 0xee, 0x1c, 1), u32(0x401000), Uint8Array.of(0x2b, 0, 0xee, 0xee)],
    ...[u32(0x7fff0000), Uint8Array.of(0x33, 0, 0xee, 0xee), u32(0x1f80), u32(0xffff)],
    ...Array.from({ length: 8 }, (_, index) => joined(new Uint8Array(10).fill(0x50 + index), new Uint8Array(6).fill(0xee))),
    ...[numbers(16, 16, 0x60), new Uint8Array(96 + 4).fill(0xee)],
  );

/** x86_FLOAT_STATE64 (5). */
export const x86FloatState = () => state(5, x86Float());

/** x86_AVX_STATE64 (17): the float state, 64 reserved bytes, and the upper halves of 16 ymm registers. `wrapped`: inside of x86_AVX_STATE (18). */
export const x86AvxState = (wrapped: boolean) => {
  const avx = state(17, joined(x86Float(), new Uint8Array(64).fill(0xee), numbers(16, 16, 0x80)));
  return wrapped ? state(18, avx) : avx;
};

/** ARM_NEON_STATE64 (17): 32 registers of 16 bytes, fpsr, fpcr, and padding to 16 bytes. */
export const neonState = () => state(17, joined(numbers(32, 16, 0x40), u32(0x0800_0000), u32(0x0300_0000), new Uint8Array(8)));

export interface MachParts {
  /** 0x01000007 x86_64, 0x0100000c ARM64. */
  readonly cputype?: number;
  /** 4 is MH_CORE. */
  readonly filetype?: number;
  readonly segments?: readonly MachSegment[];
  /** The states of each thread. */
  readonly threads?: readonly Uint8Array[];
  /** Notes by their owners; a function gets the offset in the file at which its content will be. */
  readonly notes?: readonly (readonly [owner: string, content: (offset: bigint) => Uint8Array])[];
  readonly ncmds?: number;
}

/** mach_header_64, load commands, contents of notes, contents of segments. */
export function machCore(parts: MachParts): Uint8Array {
  const { cputype = 0x0100_0007, filetype = 4, segments = [], threads = [], notes = [] } = parts;
  const sizeofcmds = segments.length * 72 + threads.reduce((sum, { length }) => sum + 8 + length, 0) + notes.length * 40;
  let offset = BigInt(32 + sizeofcmds);
  const noteCommands: Uint8Array[] = [];
  const contents: Uint8Array[] = [];
  for (const [owner, make] of notes) {
    const content = make(offset);
    // LC_NOTE (0x31): data_owner of 16 bytes, offset, size.
    noteCommands.push(joined(u32(0x31), u32(40), text(owner, 16), u64(offset), u64(BigInt(content.length))));
    contents.push(content);
    offset += BigInt(content.length);
  }
  const segmentCommands: Uint8Array[] = [];
  for (const { vmaddr, bytes = new Uint8Array(0), vmsize, initprot = 3, fileoff, filesize } of segments) {
    const size = BigInt(bytes.length);
    const [inMemory, at, inFile] = [vmsize ?? size, fileoff ?? offset, filesize ?? size];
    // LC_SEGMENT_64 (0x19): segname of 16 bytes, vmaddr, vmsize, fileoff, filesize, maxprot, initprot, nsects, flags.
    const places = joined(u64(vmaddr), u64(inMemory), u64(at), u64(inFile));
    segmentCommands.push(joined(u32(0x19), u32(72), text("", 16), places, u32(7), u32(initprot), u32(0), u32(0)));
    contents.push(bytes);
    offset += size;
  }
  // LC_THREAD (4).
  const threadCommands = threads.map((states) => joined(u32(4), u32(8 + states.length), states));
  const count = parts.ncmds ?? segments.length + threads.length + notes.length;
  // magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags, reserved.
  const header = joined(...[0xfeed_facf, cputype, 3, filetype, count, sizeofcmds, 0, 0].map(u32));
  return joined(header, ...noteCommands, ...segmentCommands, ...threadCommands, ...contents);
}

const NONE = 2n ** 64n - 1n;

interface ListedImage {
  /** In place of none. */
  readonly base?: bigint;
  readonly path?: string;
  readonly uuid: Uint8Array;
  readonly segments?: readonly (readonly [name: string, vmaddr: bigint])[];
  /** 1 if a thread executed the image, 2 if none did, 0 unknown. */
  readonly executing?: number;
}

/** "all image infos": version 1, number of images, offset and size of entries; then entries of 48 bytes, addresses of segments, and paths. What is unknown is 2^64 - 1. */
export function imageInfos(images: readonly ListedImage[]) {
  return (offset: bigint): Uint8Array => {
    const entries = offset + 24n;
    let at = entries + BigInt(images.length * 48);
    const [rows, behind]: [Uint8Array[], Uint8Array[]] = [[], []];
    const place = (bytes: Uint8Array) => {
      behind.push(bytes);
      at += BigInt(bytes.length);
      return at - BigInt(bytes.length);
    };
    for (const { base = NONE, path, uuid, segments = [], executing = 0 } of images) {
      // segment_vmaddr: name of 16 bytes, address, an unused word.
      const addresses = segments.map(([name, vmaddr]) => joined(text(name, 16), u64(vmaddr), u64(0n)));
      const segmentsAt = segments.length > 0 ? place(joined(...addresses)) : NONE;
      const pathAt = path === undefined ? NONE : place(text(path, Buffer.byteLength(path) + 1));
      // filepath_offset, uuid, load_address, seg_addrs_offset, segment_count, executing.
      rows.push(joined(u64(pathAt), uuid, u64(base), u64(segmentsAt), u32(segments.length), u32(executing)));
    }
    return joined(u32(1), u32(images.length), u64(entries), u32(48), u32(0), ...rows, ...behind);
  };
}

/** "load binary", packed: version 1, UUID, load_address, slide, and the name with its NUL. */
export const loadBinary = (uuid: Uint8Array, base: bigint | undefined, slide: bigint, name: string) => () =>
  joined(u32(1), uuid, u64(base ?? NONE), u64(slide), text(name, Buffer.byteLength(name) + 1));

/** "main bin spec", version 2: type 2 (a process of a user), address, slide, UUID, binary logarithm of the page size, platform. */
export const mainBinSpec = (address: bigint, pageLog2: number) => () =>
  joined(u32(2), u32(2), u64(address), u64(0n), new Uint8Array(16), u32(pageLog2), u32(1));

/** "process metadata": JSON with the ids of threads. */
export const processMetadata = (ids: readonly bigint[]) => () =>
  Uint8Array.from(Buffer.from(`{"threads":[${ids.map((id) => `{"thread_id":${id}}`).join(",")}]}`));

/** "addrable bits", version 3: number of bits. */
export const addressableBits = (bits: number) => () => joined(u32(3), u32(bits), u64(0n));

/** A library in memory: header, __TEXT of one page, __DATA of another, __LINKEDIT far away, LC_UUID (0x1b) and LC_ID_DYLIB (0xd). */
export function dylibImage(vmaddr: bigint, uuid: Uint8Array, name: string): Uint8Array {
  const segment = (segname: string, at: bigint, size: bigint) =>
    joined(u32(0x19), u32(72), text(segname, 16), u64(at), u64(size), u64(0n), u64(size), u32(7), u32(5), u32(0), u32(0));
  const id = text(name, Math.ceil((name.length + 1) / 8) * 8);
  const commands = [
    segment("__TEXT", vmaddr, 4096n),
    segment("__DATA", vmaddr + 4096n, 4096n),
    segment("__LINKEDIT", vmaddr + 0x1000_0000n, 4096n),
    joined(u32(0x1b), u32(24), uuid),
    // dylib: offset of the name, timestamp, versions.
    joined(u32(0xd), u32(24 + id.length), u32(24), u32(0), u32(0), u32(0), id),
  ];
  const sizeofcmds = commands.reduce((sum, { length }) => sum + length, 0);
  const header = joined(...[0xfeed_facf, 0x0100_0007, 3, 6, commands.length, sizeofcmds, 0, 0].map(u32));
  return joined(header, ...commands, new Uint8Array(4096 - header.length - sizeofcmds));
}

/** A core of 32 bits: mach_header of 28 bytes, LC_SEGMENT (1) of 56, LC_THREAD (4), contents of segments. `words`: those of the state, of 4 bytes each. */
export function shortCore(parts: {
  readonly order: "little" | "big";
  /** 7 x86, 18 PowerPC. */
  readonly cputype: number;
  readonly segments: readonly { readonly vmaddr: number; readonly bytes: Uint8Array; readonly initprot: number }[];
  readonly thread?: { readonly flavour: number; readonly words: readonly number[] };
}): Uint8Array {
  const { order, cputype, segments, thread } = parts;
  const all = (...values: readonly number[]) =>
    joined(...values.map((value) => (order === "little" ? u32(value) : u32(value).reverse())));
  const threads = thread ? [all(4, 16 + 4 * thread.words.length, thread.flavour, thread.words.length, ...thread.words)] : [];
  const sizeofcmds = 56 * segments.length + (threads[0]?.length ?? 0);
  let fileoff = 28 + sizeofcmds;
  const commands = segments.map(({ vmaddr, bytes, initprot }) => {
    // segname of 16 bytes, vmaddr, vmsize, fileoff, filesize, maxprot, initprot, nsects, flags.
    const command = joined(all(1, 56), text("", 16), all(vmaddr, bytes.length, fileoff, bytes.length, 7, initprot, 0, 0));
    fileoff += bytes.length;
    return command;
  });
  // magic, cputype, cpusubtype, filetype MH_CORE, ncmds, sizeofcmds, flags.
  const header = all(0xfeed_face, cputype, 3, 4, segments.length + threads.length, sizeofcmds, 0);
  return joined(header, ...commands, ...threads, ...segments.map(({ bytes }) => bytes));
}
