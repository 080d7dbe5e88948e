/** Which process has a socket open, by the inode that /proc shows for both, and the network namespaces of all processes. */
import { readlinkSync } from "node:fs";
import { procLink } from "../proc/proc-file.js";
import { memoryTask } from "../proc/process-threads.js";
import { Gaps } from "./gaps.js";
import type { Host } from "./host.js";
import { openHandles } from "./open-handles.js";
import { numberedNames, UNITS_PER_CALL } from "./table-pieces.js";

const SOCKET = /^socket:\[(\d+)\]$/;
const LEAST_SLOTS = 1024;
/** Multiplier of Fibonacci hashing: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e37_79b1;

/** A hash table with open addressing: 8 bytes a slot, and no object for each socket. Inodes of sockets are 32-bit numbers, never 0. */
export class SocketOwners {
  #inodes = new Uint32Array(LEAST_SLOTS);
  #pids = new Uint32Array(LEAST_SLOTS);
  #size = 0;

  /** Notes an owner. The first one of a socket stays. */
  add(inode: number, pid: number): void {
    if (inode === 0) return;
    if (2 * this.#size >= this.#inodes.length) this.#grow();
    const slot = this.#slotOf(inode);
    if (this.#inodes[slot] !== 0) return;
    this.#inodes[slot] = inode;
    this.#pids[slot] = pid;
    this.#size++;
  }

  /** 0 if no owner is known. */
  ownerOf(inode: number): number {
    return inode === 0 ? 0 : (this.#pids[this.#slotOf(inode)] ?? 0);
  }

  /** The slot of the inode, or the free one where it belongs. */
  #slotOf(inode: number): number {
    const last = this.#inodes.length - 1;
    let slot = (Math.imul(inode, SPREAD) >>> 0) & last;
    while (this.#inodes[slot] !== 0 && this.#inodes[slot] !== inode) slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const [inodes, pids] = [this.#inodes, this.#pids];
    this.#inodes = new Uint32Array(2 * inodes.length);
    this.#pids = new Uint32Array(2 * inodes.length);
    this.#size = 0;
    for (let slot = 0; slot < inodes.length; slot++) this.add(inodes[slot] ?? 0, pids[slot] ?? 0);
  }
}

/** The owners of all sockets that may be seen: the captured process if it has the socket, otherwise the first one of /proc that has it. */
export async function socketOwners(host: Host): Promise<SocketOwners> {
  const owners = new SocketOwners();
  // The Handle Table reads the same descriptors, and counts what cannot be read.
  for await (const handles of openHandles({ ...host, gaps: new Gaps() })) {
    for (const { pid, target } of handles) {
      const [, inode] = SOCKET.exec(target) ?? [];
      if (inode !== undefined) owners.add(Number(inode), pid);
    }
  }
  return owners;
}

/** The folder `net` of one process of each network namespace: of this process first, then of the captured one, then of others. */
export async function networkFolders(host: Host): Promise<string[]> {
  const folders = new Map([[procLink("/proc/self/ns/net") ?? "", "/proc/self/net"]]);
  const look = (pid: number) => {
    try {
      const task = memoryTask(pid);
      const namespace = readlinkSync(`/proc/${task}/ns/net`);
      if (!folders.has(namespace)) folders.set(namespace, `/proc/${task}/net`);
    } catch (cause) {
      host.gaps.add("/proc/PID/ns/net", cause);
    }
  };
  look(host.pid);
  for await (const pids of numberedNames("/proc", host.slice)) {
    for (const pid of pids) {
      if (pid !== host.pid) look(pid);
      if (host.slice.isSpent(UNITS_PER_CALL)) await host.slice.renew();
    }
  }
  return [...folders.values()];
}
