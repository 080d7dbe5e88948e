/**
 * Writes a capture, as a tool does that reads the memory of a process.
 *
 *   npm install @memslice/msl
 *   node write-capture.mjs new.msl
 *
 * `target` is a process of this example; put in its place what your tool knows. A page that cannot be read is written as failed: never write
 * zeros for it. If the tool is killed, the complete blocks stay readable, and MslWriter.resume continues the file.
 */
import { fileSink, MslWriter, openCapture, pagesOf } from "@memslice/msl";

const PAGE_SIZE_LOG2 = 12;
const PAGE = 2 ** PAGE_SIZE_LOG2;

const target = {
  pid: 4242,
  ppid: 1,
  path: "/usr/bin/example",
  startTimeNs: 1_700_000_000_000_000_000n,
  modules: [{ baseAddr: 0x400000n, moduleSize: 0x3000n, path: "/usr/bin/example" }],
  regions: [
    { baseAddr: 0x400000n, regionSize: 0x3000n, protection: 5, regionType: /** @type {const} */ ("image") },
    { baseAddr: 0x7f0000000000n, regionSize: 0x2000n, protection: 3, regionType: /** @type {const} */ ("heap") },
  ],
  /** One page, or undefined if it cannot be read. */
  readPage: (/** @type {bigint} */ address) =>
    address === 0x401000n ? undefined : new Uint8Array(PAGE).fill(Number(address >> 12n) & 0xff),
};

const [path = "new.msl"] = process.argv.slice(2);

const writer = new MslWriter(await fileSink(path), {
  header: { osType: "Linux", archType: "x86_64", pid: target.pid },
  // The header announces the contents, and the hash chain covers the header: it cannot be changed later.
  contents: ["ModuleEntry", "MemoryRegion"],
  compression: "auto",
});
try {
  await writer.processIdentity({ ppid: target.ppid, sessionId: 0, startTimeNs: target.startTimeNs, exePath: target.path });
  await writer.moduleListIndex({ entries: target.modules });
  for (const module of target.modules) await writer.moduleEntry(module);
  for (const region of target.regions) await writer.memoryRegion({ ...region, ...readPages(region) });
  const { fileHash, size } = await writer.end();
  // Whoever alters the capture can compute its hashes anew: keep this one where nobody can change it.
  console.log(`${path}: ${size} bytes, FileHash ${fileHash}`);
} finally {
  await writer.close();
}

const capture = await openCapture(path, { strict: true });
console.log((await capture.verify()).verdict);
await capture.close();

/** @param {{ baseAddr: bigint, regionSize: bigint }} region */
function readPages({ baseAddr, regionSize }) {
  const states = [];
  const pageData = [];
  const timestampNs = BigInt(Date.now()) * 1_000_000n;
  for (let address = baseAddr; address < baseAddr + regionSize; address += BigInt(PAGE)) {
    const bytes = target.readPage(address);
    states.push({ count: 1, state: bytes ? /** @type {const} */ ("captured") : /** @type {const} */ ("failed") });
    if (bytes) pageData.push(bytes);
  }
  return { pageSizeLog2: PAGE_SIZE_LOG2, timestampNs, pages: pagesOf(states), pageData };
}
