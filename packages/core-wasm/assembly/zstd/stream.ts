/**
 * The Zstandard data of a payload: one frame, or several that together yield the expected size. With an expected size, further frames and
 * skippable frames are accepted, as the RFC allows. Without one, a payload is exactly one frame, and only padding may follow it.
 *
 * Layout: workspace.ts.
 * Invariants: reads stay in [source, source + length) and the workspace, writes in the output area and the workspace.
 * Source: RFC 8878, section 3.1.
 */
import { acceptPadding, Status } from "../codec/report";
import { beginFrame, continueFrame, measureFrame } from "./frame";
import { isFrame, isSkippable } from "./headers";
import { setUpSequenceCodes } from "./sequence-codes";
import { MAXIMUM_BLOCK, Workspace } from "./workspace";

const SKIPPABLE_HEADER_BYTES: usize = 8;
/** The most bytes by which the start of the data may be longer than wanted. */
const START_EXCESS: u32 = 4096;

/**
 * Walks the frames and blocks without decoding them. `produced` becomes the most bytes that they can yield: it is bounded by the blocks that
 * are there, whatever size the headers state. `reach` becomes the largest window in use. `several` 1 accepts several frames, 0 only one.
 */
export function zstdMeasure(source: usize, length: u32, several: u32, windowLimit: u32, address: usize): u32 {
  const workspace = begin(address, source, length, several !== 0, windowLimit);
  workspace.bound = 0;
  workspace.reach = 0;
  const end = workspace.sourceEnd;
  let at = source;
  do {
    if (workspace.severalFrames && isSkippable(at, end)) {
      at = skipFrame(workspace, at, end);
    } else {
      at = measureFrame(workspace, at, end);
      workspace.frames++;
    }
  } while (at !== 0 && hasFurtherFrame(workspace, at, end));
  if (at !== 0) endData(workspace, at, end);
  workspace.produced = <u32>min<u64>(workspace.bound, u32.MAX_VALUE);
  return workspace.finish(source);
}

/**
 * Begins to decode one or several frames of exactly `limit` bytes (`exact` 1), or one frame of at most `limit` bytes (0). Up to 7 zero bytes
 * may follow. A workspace of zstdWorkspaceSize() bytes lies at `address`. The area of `areaSize` bytes has room for `limit` bytes, or for the
 * reach that zstdMeasure reports, the pieces that will be wanted, and zstdPieceExcess() bytes.
 */
export function zstdBegin(
  source: usize,
  length: u32,
  area: usize,
  areaSize: u32,
  limit: u32,
  exact: u32,
  windowLimit: u32,
  address: usize,
): void {
  const workspace = begin(address, source, length, exact !== 0, windowLimit);
  workspace.beginOutput(area, areaSize, limit, exact !== 0);
  workspace.insideFrame = false;
  workspace.stopAfter = u32.MAX_VALUE;
  setUpSequenceCodes(workspace);
}

/** The most bytes by which a piece may be longer than wanted. */
export function zstdPieceExcess(): u32 {
  return MAXIMUM_BLOCK;
}

/** Appends whole blocks until the piece has `wanted` bytes. Returns Status.Paused, or how the data ended. */
export function zstdContinue(address: usize, wanted: u32): u32 {
  const workspace = changetype<Workspace>(address);
  workspace.beginPiece(wanted + MAXIMUM_BLOCK, workspace.insideFrame ? workspace.windowSize : 0);
  const end = workspace.sourceEnd;
  let at = workspace.at;
  do {
    if (workspace.insideFrame) {
      if (workspace.produced >= wanted) {
        workspace.at = at;
        return Status.Paused;
      }
      at = continueFrame(workspace, at, end);
    } else if (workspace.severalFrames && isSkippable(at, end)) {
      at = skipFrame(workspace, at, end);
    } else {
      at = beginFrame(workspace, at, end);
      workspace.frames++;
    }
  } while (at !== 0 && (workspace.insideFrame || hasFurtherFrame(workspace, at, end)));
  if (at !== 0) endData(workspace, at, end);
  if (workspace.status === Status.Decoded && workspace.exact && workspace.allowed !== 0) workspace.status = Status.SizeMismatch;
  return workspace.finish(workspace.source);
}

/**
 * Takes the place of the first zstdContinue if only the first `wanted` bytes are wanted: appends them and at most START_EXCESS bytes more, and
 * stops inside a block. Nothing can be decoded behind it.
 */
export function zstdStart(address: usize, wanted: u32): u32 {
  changetype<Workspace>(address).stopAfter = wanted + START_EXCESS;
  return zstdContinue(address, wanted);
}

function begin(address: usize, source: usize, length: u32, severalFrames: bool, windowLimit: u32): Workspace {
  const workspace = changetype<Workspace>(address);
  workspace.source = source;
  workspace.at = source;
  workspace.sourceEnd = source + length;
  workspace.severalFrames = severalFrames;
  workspace.frames = 0;
  workspace.windowLimit = windowLimit;
  workspace.trailingZeros = 0;
  return workspace;
}

function hasFurtherFrame(workspace: Workspace, at: usize, end: usize): bool {
  return workspace.severalFrames && (isFrame(at, end) || isSkippable(at, end));
}

/** Checks the bytes behind the last frame. Leaves the status in the report. */
function endData(workspace: Workspace, at: usize, end: usize): void {
  if (workspace.frames === 0) workspace.fail(Status.Unsupported, workspace.source);
  else acceptPadding(workspace, at, end);
}

function skipFrame(workspace: Workspace, at: usize, end: usize): usize {
  if (end - at < SKIPPABLE_HEADER_BYTES) return workspace.fail(Status.Truncated, end);
  const size = load<u32>(at, 4);
  const content = at + SKIPPABLE_HEADER_BYTES;
  return end - content < size ? workspace.fail(Status.Truncated, end) : content + size;
}
