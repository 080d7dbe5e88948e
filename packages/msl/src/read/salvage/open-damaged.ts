/** Opens a capture whose file header may be damaged. Apart from `openCapture`, so that programs which open sound captures do not load what establishes a header. */
import { ownBytes } from "../../bytes.js";
import { OPEN_CAPTURE, type OpenOptions } from "../../options/reading.js";
import { requireOptions } from "../../options/require-options.js";
import { requireCore } from "../../runtime.js";
import type { Capture } from "../capture.js";
import type { CaptureInput } from "../capture-input.js";
import { openSourceOf, reader } from "../open-capture.js";
import type { ReadingParts } from "../open-source.js";
import { readDamagedHead } from "./damaged-head.js";

/**
 * `openCapture` with the option `salvage`, also for a capture whose file header cannot be read, or contradicts the blocks. Of the header, it establishes what the blocks tell, and what
 * the hash that block 0 names proves; other fields are kept where they read well, and are unknown otherwise. `deviations` has each field that was damaged. A
 * file in which nothing shows a capture is refused, and so is an encrypted one whose nonce or salt is damaged. With `strict`, a damaged header is
 * refused. Throws like `openCapture`.
 */
export async function openDamagedCapture(input: CaptureInput, options: Omit<OpenOptions, "salvage"> = {}): Promise<Capture> {
  const given: OpenOptions = { ...options, salvage: true };
  requireOptions(OPEN_CAPTURE, given);
  requireCore();
  const { openSource, parts } = await reader();
  const openEnvelope = openingAsStored(parts.openEnvelope);
  return openSource(await openSourceOf(input, given), given, { ...parts, openEnvelope, readHead: readDamagedHead });
}

/** The tag matches with the mended header; FileHash is verified over the header as it is stored, so that a capture whose header was altered is not called intact. */
function openingAsStored(open: ReadingParts["openEnvelope"]): ReadingParts["openEnvelope"] {
  return async (file, mended, encryption, options) => {
    const headerBytes = ownBytes(await file.read(0, mended.length, options.signal));
    const envelope = await open(file, mended, encryption, options);
    return { ...envelope, verify: (sealed, ...given) => envelope.verify({ ...sealed, headerBytes }, ...given) };
  };
}
