/// <reference lib="esnext.disposable" preserve="true" />
/** A capture that can be read at any offset. Its blocks are indexed when it is opened; everything else is read on demand. */

import { DecodedCache } from "../codec/decoded-cache.js";
import type { Decoding } from "../codec/decoding.js";
import type { AheadOptions, DecodingAhead } from "../codec/decoding-ahead.js";
import type { Deviation } from "../deviations/deviation.js";
import { type Authorship, countsFromBase, type Dialect, mayPadPayloads } from "../format/dialects/dialects.js";
import type { Encryption } from "../format/encryption-extension.js";
import { encryptionJson } from "../format/encryption-extension.js";
import type { FileHeader } from "../format/file-header.js";
import { headerJson } from "../format/file-header.js";
import { LISTED, Shown } from "../json/shown.js";
import { AddressSpace } from "../memory/address-space.js";
import type { Region } from "../memory/region.js";
import { DECODE_ALL, VERIFY } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { Remembered, SharedWork } from "../source/cancellable-work.js";
import { CoalescingSource } from "../source/coalescing-source.js";
import { SequentialReads } from "../source/read-ahead.js";
import { BytesSource, type Source } from "../source/source.js";
import { runInSlices, TimeSlice } from "../source/time-slice.js";
import { type ThreadUse, threadReason, threadUse } from "../threads/thread-use.js";
import { type VerifyOptions, verifySource } from "../verify/passes.js";
import type { VerifyReport } from "../verify/report.js";
import type { verifyInThreads } from "../verify/verify-in-threads.js";
import type { verifySealed } from "../verify/verify-sealed.js";
import type { BlockIndex } from "./block-index.js";
import { BlockList, type DecodeAllOptions, decodeInOrder, regionAhead } from "./block-list.js";
import { CaptureBlock } from "./capture-block.js";
import { blockDecoding } from "./decode-block.js";
import type { DecodedBlock } from "./decoded-batch.js";
import type { KeyHint } from "./key-hints.js";
import type { Module, ModuleMap } from "./modules.js";
import type { References } from "./references.js";
import { listRegions, type RegionSurvey, surveyRegions, type UnreadableRegions } from "./region-survey.js";
import type { StreamEnd } from "./report-structure.js";
import type { Place, Thread } from "./threads.js";
import type { Gap } from "./walked-blocks.js";

/** The result of opening a capture. */
export interface CaptureContents {
  readonly header: FileHeader;
  readonly dialect: Dialect;
  readonly authorship: Authorship;
  readonly index: BlockIndex;
  readonly announcedButMissing: readonly string[];
  readonly deviations: readonly Deviation[];
  /** The bytes before the ciphertext of an encrypted capture; null for a plain one. */
  readonly sealed: Sealed | null;
  /** Bytes of the file. */
  readonly size: number;
}

/** Loads what is needed when a caller asks what blocks say about each other. */
export type LoadContents = () => Promise<typeof import("./cross-check.js")>;

/** What reads the blocks of a capture. */
export interface CaptureMeans {
  readonly decoding: Decoding;
  /** The option `threads` of `openCapture`. */
  readonly threads: number | "auto";
  /** Has workers decompress regions ahead; absent if none do. */
  readonly newAhead?: ((next: AheadOptions["next"]) => DecodingAhead) | undefined;
  readonly verifyInThreads?: typeof verifyInThreads | undefined;
  readonly loadContents: LoadContents;
  /** The input of `openCapture`, under decryption and pinning. */
  readonly file?: Source | undefined;
  /** For `pinned`; absent if the capture is pinned already. */
  readonly openPinned?: ((signal?: AbortSignal) => Promise<Capture>) | undefined;
}

export interface Sealed {
  readonly encryption: Encryption;
  readonly headerBytes: Uint8Array;
  readonly kemCiphertext: Uint8Array;
  readonly verify: typeof verifySealed;
}

/** Surveys the regions of a capture for `transcode`, without the array of an object for each region that `Capture.regions` makes. */
export let surveyOf: (capture: Capture, signal: AbortSignal | undefined) => Promise<RegionSurvey>;
/** The bytes of header and blocks, for `lintCapture`: of the file, or of the decrypted stream. */
export let sourceOf: (capture: Capture) => Source;

/** An opened capture, which can be read at any offset. Its blocks are indexed; everything else is read on demand. */
export class Capture extends Shown {
  static {
    surveyOf = (capture, signal) => capture.#survey(signal);
    sourceOf = (capture) => capture.#source;
  }

  readonly header: FileHeader;
  readonly blocks: BlockList;
  /** The captured process's memory by virtual address. */
  readonly memory: AddressSpace;
  /** All deviations of the header and of the block stream. Deviations of payloads come with each decoded block. */
  readonly deviations: readonly Deviation[];
  /** The program that wrote the capture, as a known set of deviations from the specification. */
  readonly dialect: Dialect;
  /** Bytes of the file. */
  readonly size: number;
  readonly #announcedButMissing: readonly string[];
  readonly #sealed: Sealed | null;
  readonly #index: BlockIndex;
  /** The source of the blocks: the file, or the decrypted stream of an encrypted capture. */
  readonly #source: Source;
  readonly #decoding: Decoding;
  readonly #ahead: DecodingAhead | undefined;
  readonly #threadsAsked: number | "auto";
  readonly #loadContents: LoadContents;
  readonly #verifyInThreads: typeof verifyInThreads | undefined;
  readonly #reads: SequentialReads | undefined;
  readonly #openPinned: ((signal?: AbortSignal) => Promise<Capture>) | undefined;
  /**
   * The blocks, read from a source that merges simultaneous reads of neighbouring bytes into one. Reads of a metered source, and of
   * one that has neighbouring bytes in memory, are not merged.
   */
  readonly #readTogether: () => BlockList;
  #surveyed: SharedWork<RegionSurvey> | undefined;
  #regions: SharedWork<readonly Region[]> | undefined;
  readonly #references = new Remembered<References>();
  #moduleMap: SharedWork<ModuleMap> | undefined;

  constructor(source: Source, contents: CaptureContents, means: CaptureMeans) {
    super();
    const { header, dialect, authorship, index, deviations, announcedButMissing, sealed, size } = contents;
    this.#source = source;
    const { decoding, newAhead, openPinned } = means;
    this.#openPinned = openPinned;
    this.#threadsAsked = means.threads;
    this.#verifyInThreads = means.verifyInThreads;
    this.#loadContents = means.loadContents;
    this.#announcedButMissing = announcedButMissing;
    this.#sealed = sealed;
    this.size = size;
    this.#decoding = decoding;
    this.header = header;
    this.dialect = dialect;
    this.#index = index;
    this.deviations = deviations;
    const { byteOrder } = header;
    const ahead = newAhead?.((position) => regionAhead(index, this.blocks, position));
    this.#ahead = ahead;
    const unkept = { ...decoding, cache: new DecodedCache(decoding.limits.held) };
    const hasWindows = !source.metered && !(source instanceof BytesSource);
    this.#reads = hasWindows ? new SequentialReads(source) : undefined;
    const mayPad = mayPadPayloads(header);
    const ofBlocks = blockDecoding(decoding, { authorship, byteOrder, mayPad, ahead, unkept, reads: this.#reads });
    const blocksIn = (blocks: Source) => new BlockList(index, (position) => new CaptureBlock(index, position, blocks, ofBlocks));
    this.blocks = blocksIn(source);
    const isReadAsItIs = source.metered || source.readAtOnce !== undefined;
    this.#readTogether = () => (isReadAsItIs ? this.blocks : blocksIn(new CoalescingSource(source)));
    this.memory = new AddressSpace((signal) => this.regions(signal), means.file, this);
  }

  /** How many threads have decompressed regions so far (option `threads` of `openCapture`), and why fewer than were asked for. */
  get decodingThreads(): ThreadUse {
    return this.#ahead?.use ?? threadUse(1, this.#threadsAsked, threadReason("plain-entry"));
  }

  /** How the walk over the block headers ended, and at which offsets. */
  get end(): StreamEnd {
    return this.#index.end;
  }

  /** Ranges of bytes between blocks that belong to no block, in file order. The search of the option `salvage` skipped them. */
  get gaps(): readonly Gap[] {
    return this.#index.gaps;
  }

  /** How the capture is encrypted; null for a plain one. Offsets of the blocks of an encrypted capture are offsets in the decrypted stream. */
  get encryption(): Encryption | null {
    return this.#sealed?.encryption ?? null;
  }

  /** Names of contents that CapBitmap announces and no block has: the acquisition may have been aborted, even if there is an End-of-Capture. */
  get announcedButMissing(): readonly string[] {
    return this.#announcedButMissing;
  }

  /**
   * Decodes the blocks in file order, also those behind End-of-Capture, and gives them in batches: the results are those of `CaptureBlock.decode`, which
   * takes several times as long for each of many small blocks. Reads windows of up to 512 KiB, one of them ahead; a payload that is compressed or larger than
   * 64 KiB is read when it is decoded. Bytes in the results may be views of a window, which stays in memory with them. Throws `usage` at once; a batch throws as
   * `CaptureBlock.decode` does, after the blocks before the one that fails.
   */
  decodeAll(options: DecodeAllOptions = {}): AsyncGenerator<readonly DecodedBlock[], void, undefined> {
    requireOptions(DECODE_ALL, options);
    const payloadLimit = this.#decoding.limits.payload;
    return decodeInOrder({ ...options, index: this.#index, blocks: this.blocks, source: this.#source, payloadLimit });
  }

  /**
   * The memory regions in file order; the fragments of a region are joined. Reads the heads of regions, not their maps or data. Blocks
   * behind End-of-Capture are ignored.
   */
  async regions(signal?: AbortSignal): Promise<readonly Region[]> {
    if (!this.#regions || this.#regions.dead)
      this.#regions = new SharedWork(async (given) => listRegions(await this.#survey(given), given));
    return this.#regions.join(signal);
  }

  /**
   * How blocks refer to each other by UUID. The first call of this method, `blockByUuid` or `childrenOf` makes an index of all blocks, which is kept: 1 s
   * for 1,000,000 blocks, in slices between which other work runs. Throws `aborted`.
   */
  async references(signal?: AbortSignal): Promise<References> {
    return this.#references.get(async (given) => {
      const { References } = await this.#loadContents();
      return runInSlices(References.making(this.#index), given);
    }, signal);
  }

  /** The first block with this UUID in upper or lower case, or undefined. Throws `aborted`. */
  async blockByUuid(uuid: string, signal?: AbortSignal): Promise<CaptureBlock | undefined> {
    const position = (await this.references(signal)).find(uuid);
    return position < 0 ? undefined : this.blocks.at(position);
  }

  /** The blocks that name this one as their parent, in file order. Throws `aborted`. */
  async childrenOf(block: CaptureBlock, signal?: AbortSignal): Promise<CaptureBlock[]> {
    const references = await this.references(signal);
    const children: CaptureBlock[] = [];
    const slice = new TimeSlice(signal);
    for (const position of references.childrenOf(block.index)) {
      if (slice.isSpent()) await slice.renew();
      children.push(this.blocks.at(position));
    }
    return children;
  }

  /** The modules, from their blocks and from the Module List Index. */
  async modules(signal?: AbortSignal): Promise<readonly Module[]> {
    const { surveyModules } = await this.#loadContents();
    return (await surveyModules(this.blocks, signal)).modules;
  }

  /**
   * The module whose mapping contains the address, or undefined. If mappings overlap, a module that was not salvaged is preferred, then the one
   * with the highest base.
   */
  async moduleAt(address: bigint, signal?: AbortSignal): Promise<Module | undefined> {
    if (!this.#moduleMap || this.#moduleMap.dead)
      this.#moduleMap = new SharedWork(async (given) => {
        const { ModuleMap } = await this.#loadContents();
        return ModuleMap.of(await this.modules(given), given);
      });
    return (await this.#moduleMap.join(signal)).at(address);
  }

  /** The module and the region that contain the address, for example of a program counter or a stack pointer. */
  async locate(address: bigint, signal?: AbortSignal): Promise<Place> {
    const { placeOf } = await this.#loadContents();
    return placeOf(address, await this.moduleAt(address, signal), await this.memory.regionsAt(address, signal));
  }

  /**
   * The threads, one for each thread id, in file order; at most 65,536. Reads all Thread Contexts, one after the other, and keeps the properties
   * of the threads; registers are read again when they are asked for. Empty for a strict reader: the specification has no threads.
   */
  async threads(signal?: AbortSignal): Promise<readonly Thread[]> {
    const { surveyThreads } = await this.#loadContents();
    return (await surveyThreads(this.blocks, this.#decoding.strict, signal)).threads;
  }

  /** Key hints, with the addresses and bytes of the keys. */
  async keyHints(signal?: AbortSignal): Promise<readonly KeyHint[]> {
    const { resolveKeyHints } = await this.#loadContents();
    const { byBlock } = await this.#survey(signal);
    const rules = { captureSize: this.size, fromBase: countsFromBase(this.dialect) };
    return resolveKeyHints(this.blocks, await this.references(signal), byBlock, rules, signal);
  }

  /**
   * Deviations between blocks: references, modules, System Contexts and their tables, key hints, threads, fragments and overlapping regions. Reads
   * all modules, System Contexts, threads, key hints and region heads; of an encrypted capture all block headers.
   */
  async *crossCheck(signal?: AbortSignal): AsyncGenerator<Deviation, void, undefined> {
    const { crossCheck } = await this.#loadContents();
    const means = {
      header: this.header,
      index: this.#index,
      strict: this.#decoding.strict,
      isSealed: this.#sealed !== null,
      survey: () => this.#survey(signal),
    };
    yield* crossCheck(this, means, signal);
  }

  /** Memory Region blocks that `regions` leaves out, because their addresses cannot be read. */
  async unreadableRegions(signal?: AbortSignal): Promise<UnreadableRegions> {
    return (await this.#survey(signal)).unreadable;
  }

  /**
   * Verifies chain, FileHash and BlockCount in one pass over all bytes, in constant memory. An encrypted capture has no chain; its tag was
   * verified when it was opened. Throws `unsupported-hash` and `aborted`; a mismatch is reported, not thrown.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    requireOptions(VERIFY, options);
    if (this.#sealed)
      return this.#sealed.verify({ ...this.#sealed, plaintext: this.#source, fileSize: this.size }, this.header, options);
    const given = { strict: this.#decoding.strict, ...options };
    const known = { blocks: this.blocks.length, verifyInThreads: this.#verifyInThreads };
    return verifySource(this.#source, this.header, given, known);
  }

  /** A summary of the capture, with at most 1,000 deviations. */
  override toJSON() {
    const { deviations, dialect, encryption, end, header, size } = this;
    return {
      size,
      header: headerJson(header),
      encryption: encryption && encryptionJson(encryption),
      dialect,
      blocks: end.blocks,
      end,
      deviations: deviations.slice(0, LISTED),
      deviationCount: deviations.length,
    };
  }

  /**
   * This capture, opened again with the option `pin` of `openCapture`; itself if it was opened with that option or is encrypted. The result is
   * usable until this capture is closed; closing the result leaves the source open. Throws like `openCapture`.
   */
  async pinned(signal?: AbortSignal): Promise<Capture> {
    return this.#openPinned ? this.#openPinned(signal) : this;
  }

  /** Closes the source, frees the memory of decoders and ends the workers. Decompression that is still running ends with the error `closed`. */
  async close(): Promise<void> {
    this.#decoding.decoders.close();
    this.#ahead?.close();
    this.#reads?.clear();
    await this.#source.close?.();
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #survey(signal: AbortSignal | undefined): Promise<RegionSurvey> {
    if (!this.#surveyed || this.#surveyed.dead) this.#surveyed = new SharedWork((given) => this.#newSurvey(given));
    return this.#surveyed.join(signal);
  }

  #newSurvey(signal: AbortSignal): Promise<RegionSurvey> {
    const { byteOrder } = this.header;
    return surveyRegions({ index: this.#index, blocks: this.blocks, near: this.#readTogether(), byteOrder, signal });
  }
}
