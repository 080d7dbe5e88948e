/**
 * Zstandard data as it stands in a payload (RFC 8878, section 3.1): one frame, or several that together yield the expected size.
 *
 * With an expected size further frames and skippable frames may stand anywhere, as the RFC has it. Without one a payload is
 * exactly one frame, and anything after it but padding is refused.
 * Invariants: reads stay in [source, source + length) and the workspace, writes in [destination, destination + limit) and the
 * workspace.
 */
import { Status } from "../codec/report";
import { acceptPadding } from "../codec/trailing-zeros";
import { decodeFrame, measureFrame } from "./frame";
import { isFrame, isSkippable } from "./frame-header";
import { setUpSequenceCodes } from "./sequence-codes";
import { Workspace } from "./workspace";

const SKIPPABLE_HEADER_BYTES: usize = 8;

/**
 * Walks the frames and blocks without decoding them. `produced` becomes the most that they can yield, which never depends on
 * a claim alone. `several` 1 accepts several frames, 0 only one.
 */
export function zstdMeasure(source: usize, length: u32, several: u32, windowLimit: u32, address: usize): u32 {
  const workspace = begin(address, windowLimit);
  workspace.bound = 0;
  walkFrames(workspace, source, source + length, several !== 0, true);
  workspace.produced = <u32>min<u64>(workspace.bound, u32.MAX_VALUE);
  return workspace.finish(source);
}

/**
 * Decodes one or several frames of exactly (`exact` 1), or one frame of at most (0) `limit` bytes; up to 7 zero bytes may
 * follow. `address` is that of a workspace of zstdWorkspaceSize() bytes.
 */
export function zstdDecode(
  source: usize,
  length: u32,
  destination: usize,
  limit: u32,
  exact: u32,
  windowLimit: u32,
  address: usize,
): u32 {
  const workspace = begin(address, windowLimit);
  setUpSequenceCodes(workspace);
  workspace.output = destination;
  workspace.outputLimit = destination + limit;
  walkFrames(workspace, source, source + length, exact !== 0, false);
  workspace.produced = <u32>(workspace.output - destination);
  if (workspace.status === Status.Decoded && exact !== 0 && workspace.produced !== limit) workspace.status = Status.SizeMismatch;
  return workspace.finish(source);
}

function begin(address: usize, windowLimit: u32): Workspace {
  const workspace = changetype<Workspace>(address);
  workspace.trailingZeros = 0;
  workspace.windowLimit = windowLimit;
  return workspace;
}

/** Leaves the outcome in the report. */
function walkFrames(workspace: Workspace, source: usize, end: usize, several: bool, measuring: bool): void {
  let at = source;
  let frames: u32 = 0;
  do {
    if (several && isSkippable(at, end)) {
      at = skipFrame(workspace, at, end);
    } else {
      at = measuring ? measureFrame(workspace, at, end) : decodeFrame(workspace, at, end);
      frames++;
    }
    if (at === 0) return;
  } while (several && (isFrame(at, end) || isSkippable(at, end)));
  if (frames === 0) workspace.fail(Status.Unsupported, source);
  else acceptPadding(workspace, at, end);
}

function skipFrame(workspace: Workspace, at: usize, end: usize): usize {
  if (end - at < SKIPPABLE_HEADER_BYTES) return workspace.fail(Status.Truncated, end);
  const size = load<u32>(at, 4);
  const content = at + SKIPPABLE_HEADER_BYTES;
  return end - content < size ? workspace.fail(Status.Truncated, end) : content + size;
}
