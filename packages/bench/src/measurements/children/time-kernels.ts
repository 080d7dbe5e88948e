/** Times kernels and their peers and prints one ProcessTimes per line, as JSON. Arguments: folder of inputs, KernelPace as JSON. */
import { timePairs } from "../harness/short-rounds.js";
import { KERNELS } from "../kernels/index.js";
import type { KernelPace, ProcessTimes } from "../kernels/kernel.js";
import { readInput } from "../kernels/kernel.js";

const [, , folder = "", paceText = ""] = process.argv;
const pace = JSON.parse(paceText) as KernelPace;
for (const kernel of KERNELS) {
  if (pace.onlyAlike && !kernel.peerIsAlike) continue;
  const input = readInput(folder, kernel);
  const ours = kernel.ours(input);
  const peer = await kernel.peer(input);
  if (ours.result() !== peer.result()) throw new Error(`${kernel.title}: ${ours.name} and ${peer.name} yield different results`);
  const times = timePairs(ours.run, peer.run, pace.warmUp, pace.rounds);
  const line: ProcessTimes = { kernel: kernel.id, ours: ours.name, peer: peer.name, times };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
