/** File systems whose server or daemon may never answer (man 5 proc, /proc/PID/mountinfo): their files are not touched where waiting for them would do harm. */
import { deviceOf } from "./mapped-file.js";
import { decoded, procLink, procTextIfAny } from "./proc-file.js";

const REMOTE = /^(nfs|cifs|smb|9p|ceph|afs|coda|ncp|gfs|ocfs|lustre|glusterfs|fuse)/;

interface Mounts {
  /** Ids of the mounts. */
  readonly ids: ReadonlySet<string>;
  /** Their devices, as /proc/PID/maps writes them. */
  readonly devices: ReadonlySet<string>;
}

/** The mounts of remote file systems, by mount namespace. */
export class RemoteMounts {
  readonly #mounts = new Map<string, Mounts>();

  /** Whether a descriptor is of a file that a server or daemon serves, or where that is unknown. */
  hasDescriptor(task: number, fd: number): boolean {
    const [, mount] = /^mnt_id:\s*(\d+)$/m.exec(procTextIfAny(`/proc/${task}/fdinfo/${fd}`) ?? "") ?? [];
    return mount === undefined || this.#of(task).ids.has(mount);
  }

  /** Whether files of a device are served by a server or daemon. */
  hasDevice(task: number, device: string): boolean {
    return this.#of(task).devices.has(device);
  }

  #of(task: number): Mounts {
    const namespace = procLink(`/proc/${task}/ns/mnt`) ?? String(task);
    const known = this.#mounts.get(namespace);
    if (known) return known;
    const [ids, devices] = [new Set<string>(), new Set<string>()];
    for (const line of decoded(procTextIfAny(`/proc/${task}/mountinfo`) ?? "").split("\n")) {
      // The type of the file system stands behind the field with the hyphen.
      const [before = "", after = ""] = line.split(" - ");
      if (!REMOTE.test(after)) continue;
      const [id = "", , device = ""] = before.split(" ");
      const [, major, minor] = /^(\d+):(\d+)$/.exec(device) ?? [];
      ids.add(id);
      if (major !== undefined && minor !== undefined) devices.add(deviceOf(BigInt(major), BigInt(minor)));
    }
    const mounts = { ids, devices };
    this.#mounts.set(namespace, mounts);
    return mounts;
  }
}
