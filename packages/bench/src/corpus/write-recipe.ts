/** Writes a recipe with the library's writer. */
import { MslWriter, pagesOf, type Sink } from "@memslice/msl";
import { isRegion, type Recipe, type RegionRecipe } from "./recipe.js";
import { type RegionDigests, regionMemory, regionSize } from "./region-memory.js";

/** Writes the capture and closes the sink. Returns the digests of the regions' contents, by block index. */
export async function writeRecipe(recipe: Recipe, sink: Sink): Promise<ReadonlyMap<number, RegionDigests>> {
  const digests = new Map<number, RegionDigests>();
  const { header, blocks, end, encryption } = recipe;
  const writer = new MslWriter(sink, {
    header,
    contents: [...new Set(blocks.map(({ payload }) => payload.kind))],
    blockCount: recipe.announcesCount ? blocks.length + 1 : 0,
    ...(encryption && { encryption: encryption.options, sealRandomness: encryption.randomness }),
    uuid: () => {
      throw new Error("A recipe has all of its UUIDs");
    },
  });
  try {
    for (const [index, block] of blocks.entries()) {
      if (isRegion(block)) await writer.memoryRegion(...regionInput(block, recipe.memorySeed, (of) => digests.set(index, of)));
      else await writer.write(block.payload, { ...placed(block), keepNote: true });
    }
    await writer.end(end);
  } finally {
    await writer.close();
  }
  return digests;
}

function regionInput(
  block: RegionRecipe,
  memorySeed: number,
  done: (digests: RegionDigests) => void,
): Parameters<MslWriter["memoryRegion"]> {
  const { payload, continuationOf } = block;
  const { stretches, stream: _, ...head } = payload;
  const pageData = regionMemory(payload, memorySeed, done);
  const region = { ...head, regionSize: regionSize(payload), pages: pagesOf(stretches), pageData };
  return [region, { ...placed(block), hasKeyHints: block.hasKeyHints, continuationOf }];
}

function placed({ uuid, parentUuid, hasChildren, compression }: Recipe["blocks"][number]) {
  return { uuid, parentUuid, hasChildren, compression: compression ?? "none" } as const;
}
