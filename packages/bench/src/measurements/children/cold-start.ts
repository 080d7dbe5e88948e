/**
 * Runs the first steps of a program in a fresh process and prints the seconds that the process waited for a processor. Arguments: the
 * step to stop after, a capture.
 */
import { secondsWaited } from "../harness/rounds.js";

const [, , goal = "", file = ""] = process.argv;

switch (goal) {
  case "nothing":
    break;
  case "first-block": {
    const { openCapture } = await import("@memslice/msl");
    const capture = await openCapture(file);
    const { payload } = await capture.blocks.at(0).decode();
    await capture.close();
    if (payload?.kind !== "ProcessIdentity") throw new Error(`The first block of ${file} is no Process Identity`);
    break;
  }
  case "first-verify": {
    const { openCapture } = await import("@memslice/msl");
    const capture = await openCapture(file);
    const { outcome } = await capture.verify();
    await capture.close();
    if (outcome !== "intact") throw new Error(`${file} is ${outcome}`);
    break;
  }
  case "hash-wasm": {
    const { createBLAKE3 } = await import("hash-wasm");
    (await createBLAKE3()).init().update(new Uint8Array(1)).digest();
    break;
  }
  case "zstddec": {
    const { ZSTDDecoder } = await import("zstddec");
    await new ZSTDDecoder().init();
    break;
  }
  default:
    throw new Error(`There is no goal ${JSON.stringify(goal)}`);
}
process.stdout.write(String(secondsWaited()));
