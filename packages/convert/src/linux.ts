/** The entry `@memslice/convert/linux`: what Linux writes about a process, for importers and for capturing. */

export { type ElfImage, elfImageAt, type ReadMemory } from "./linux/elf-image.js";
export { type MappedRange, parseProcMaps } from "./linux/proc-maps.js";
export { protectionOf, regionTypeOf } from "./linux/region-type.js";
