/** What a capture announces and does not have. */
import type { Capture } from "@memslice/msl";

/** A sentence if the header announces the content, and no block has it. */
export function missingContent({ announcedButMissing }: Capture, name: string): string[] {
  return announcedButMissing.includes(name) ? [`The header announces ${name}, and the capture has no block with it`] : [];
}
