/** What a question is asked of: a capture, one region of it, or a live process. */
import type { Memory } from "@memslice/analysis";
import type { Capture, Region } from "@memslice/msl";

/** The part of a capture that questions need. What else has memory, regions and modules, such as a process that runs, can be asked as well. */
export interface Questioned extends Pick<Capture, "header" | "modules" | "regions" | "moduleAt"> {
  readonly memory: Memory & Pick<Capture["memory"], "extent" | "owners">;
  /** With `--block`: the region that `memory` has the bytes of. `regions` and `modules` are those of the whole capture. */
  readonly alone?: RegionAlone;
}

/** A region whose memory is asked alone, and the capture that it is of. */
interface RegionAlone {
  readonly region: Region;
  readonly capture: Capture;
}
