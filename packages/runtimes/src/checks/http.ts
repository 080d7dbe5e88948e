/** Captures on a web server, read with the runtime's own fetch and with a fetch passed as an option. */
import type { Check } from "./check.js";
import { requireEqual } from "./require.js";
import { requireRecorded } from "./samples.js";

export const HTTP: readonly Check[] = [
  {
    name: "opens an http URL with range requests",
    run: async (environment) => {
      for (const sample of ["ms-basic-plain", "md-zstd"]) await requireRecorded(environment, sample, environment.url(sample));
    },
  },
  {
    name: "uses a fetch function of the caller",
    run: async ({ msl, bytes }) => {
      const { fetch, ranges } = fetchFrom(await bytes("ms-modules-many"));
      const capture = await msl.openCapture("https://evidence.example/ms-modules-many.msl", { fetch });
      requireEqual("block 0", (await capture.blocks.at(0).decode()).payload?.kind, "ProcessIdentity");
      if (ranges.length === 0 || ranges.includes(null)) throw new Error(`asked for ${ranges.join(", ") || "nothing"}`);
    },
  },
];

/** A fetch that answers like a web server, and the list of the ranges it was asked for. */
function fetchFrom(file: Uint8Array<ArrayBuffer>) {
  const ranges: (string | null)[] = [];
  const fetch = async (_: string, { method, headers }: RequestInit): Promise<Response> => {
    if (method === "HEAD") {
      return new Response(null, { headers: { "content-length": String(file.length), "accept-ranges": "bytes" } });
    }
    const range = new Headers(headers).get("range");
    ranges.push(range);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    if (first === undefined || last === undefined) return new Response(file);
    return new Response(file.slice(Number(first), Number(last) + 1), {
      status: 206,
      headers: { "content-range": `bytes ${first}-${last}/${file.length}` },
    });
  };
  return { fetch, ranges };
}
