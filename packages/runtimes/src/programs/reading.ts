/** A page that reads and verifies a capture: the program whose bundles docs/bundlers.md measures. */
import { openCapture } from "@memslice/msl";

async function read(): Promise<unknown> {
  const response = await fetch("/samples/ms-basic-plain.msl");
  const capture = await openCapture(new Uint8Array(await response.arrayBuffer()));
  const [region] = await capture.regions();
  await capture.memory.read(region?.baseAddr ?? 0n, 4096);
  return (await capture.verify()).verdict;
}

void read()
  .catch(String)
  .then((verdict) => fetch("/results/reading", { method: "POST", body: JSON.stringify(verdict) }));
