/** Opens a capture whose file header may be damaged. Apart from `openCapture`, so that programs which open sound captures do not load what establishes a header. */
import { OPEN_CAPTURE, type OpenOptions } from "../../options/reading.js";
import { requireOptions } from "../../options/require-options.js";
import { requireCore } from "../../runtime.js";
import type { Capture } from "../capture.js";
import type { CaptureInput } from "../capture-input.js";
import { openSourceOf, reader } from "../open-capture.js";
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
  return openSource(await openSourceOf(input, given), given, { ...parts, readHead: readDamagedHead });
}
