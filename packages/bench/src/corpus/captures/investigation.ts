/** Captures of one process with the state of the whole system. */

import type { Facts } from "../facts.js";
import { moduleBlocks, modules, processIdentity, recipe, someMemory } from "../process.js";
import type { CaptureKind, Placement, TableRecipe } from "../recipe.js";

const PROCESSES = 300;
const IPV4 = 0x02;
const IPV6 = 0x0a;
const TCP = 0x06;
const UDP = 0x11;

export const INVESTIGATION: CaptureKind = {
  name: "investigation",
  about: "System Context and all four tables of the system, the Process Table compressed",
  features: ["investigation"],
  recipe: (facts) =>
    recipe(
      facts,
      () => {
        const context = systemContext(facts);
        const tables = [
          processTable(facts, { compression: "zstd" }),
          connectionTable(facts),
          handleTable(facts),
          connectivityTable(facts),
        ].map((table) => ({ ...table, parentUuid: context.uuid }));
        const { index, entries } = moduleBlocks(facts, 4);
        return [processIdentity(facts), index, { ...context, hasChildren: true }, ...tables, ...entries, ...someMemory(facts)];
      },
      { header: { investigation: true } },
    ),
};

export const INVESTIGATION_BARE: CaptureKind = {
  name: "investigation-bare",
  about: "System Context without any table, its optional texts empty",
  features: ["investigation"],
  recipe: (facts) =>
    recipe(
      facts,
      () => {
        const { payload, ...context } = systemContext(facts);
        const silent = { ...payload, acqUser: "", domain: "", caseRef: "" };
        return [processIdentity(facts), ...modules(facts, 0), { ...context, payload: silent }, ...someMemory(facts)];
      },
      { header: { investigation: true } },
    ),
};

function systemContext(facts: Facts) {
  return {
    uuid: facts.uuid(),
    payload: {
      kind: "SystemContext",
      bootTimeNs: facts.earlierTime(),
      targetCount: 1 + facts.random.below(3),
      acqUser: "analyst",
      hostname: `hôst-${facts.random.below(1000)}`,
      domain: "example.org",
      osDetail: "Linux 6.12.9 x86_64",
      caseRef: `C-2026-${facts.random.below(10_000)}`,
    },
  } as const;
}

function processTable(facts: Facts, placement: Partial<Placement>): TableRecipe {
  const { random } = facts;
  const target = random.below(PROCESSES);
  const entries = Array.from({ length: PROCESSES }, (_, i) => ({
    pid: facts.pid(),
    ppid: facts.pid(),
    uid: random.pick([0, 33, 1000, 4_294_967_295]),
    isTarget: i === target,
    startTimeNs: random.oneIn(9) ? 0n : facts.earlierTime(),
    rss: BigInt(random.u32()) * 7n,
    exeName: random.pick(["systemd", "sshd", "postgres", "mémoire", ""]),
    cmdLine: random.oneIn(3) ? "" : `/usr/sbin/daemon --number=${random.u32()}`,
    user: random.pick(["root", "älice", ""]),
  }));
  return { uuid: facts.uuid(), ...placement, payload: { kind: "ProcessTable", entries } };
}

function connectionTable(facts: Facts): TableRecipe {
  const { random } = facts;
  const entries = Array.from({ length: 60 }, (_, i) => {
    const family = i % 3 === 2 ? IPV6 : IPV4;
    const listens = random.oneIn(4);
    return {
      pid: facts.pid(),
      family,
      protocol: random.oneIn(3) ? UDP : TCP,
      state: listens ? 0x0a : 1 + random.below(9),
      localAddr: address(facts, family),
      localPort: random.below(65_536),
      remoteAddr: listens ? new Uint8Array(16) : address(facts, family),
      remotePort: listens ? 0 : random.below(65_536),
    };
  });
  return { uuid: facts.uuid(), payload: { kind: "ConnectionTable", entries } };
}

/** Returns 16 bytes, of which an IPv4 address uses four. */
function address({ random }: Facts, family: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(random.bytes(family === IPV4 ? 4 : 16));
  return bytes;
}

function handleTable(facts: Facts): TableRecipe {
  const { random } = facts;
  const entries = Array.from({ length: 80 }, (_, fd) => ({
    pid: facts.pid(),
    fd,
    handleType: fd % 8 === 7 ? 0xff : fd % 7,
    path: random.oneIn(4) ? "" : `/var/log/größe/${random.u32()}.log`,
  }));
  return { uuid: facts.uuid(), payload: { kind: "HandleTable", entries } };
}

function connectivityTable(facts: Facts): TableRecipe {
  const { random } = facts;
  const u64 = () => BigInt(random.u32()) * BigInt(random.u32());
  return {
    uuid: facts.uuid(),
    payload: {
      kind: "ConnectivityTable",
      rows: [
        {
          rowType: 1,
          iface: "eth0",
          dest: random.bytes(4),
          gateway: random.bytes(4),
          mask: Uint8Array.of(255, 255, 0, 0),
          flags: 3,
          metric: random.below(1000),
          mtu: 1500,
        },
        { rowType: 2, iface: "eth0", dest: random.bytes(16), destPrefix: 64, nextHop: random.bytes(16), metric: 1024, flags: 1 },
        { rowType: 3, family: 2, ip: random.bytes(4), hwType: 1, flags: 2, hwAddr: random.bytes(6), iface: "wlan0" },
        { rowType: 4, pid: 1, inode: u64(), proto: 3, ifaceIndex: 2, user: 0, mem: u64() },
        {
          rowType: 5,
          iface: "lo",
          rxBytes: u64(),
          rxPackets: u64(),
          rxErrs: 0n,
          rxDrop: 1n,
          txBytes: u64(),
          txPackets: u64(),
          txErrs: 2n,
          txDrop: 0n,
        },
        { rowType: 6, family: 2, inUse: random.below(100), alloc: random.below(100), mem: u64() },
        { rowType: 7, mib: "TcpExt", counter: "ListenDrops", value: u64() },
      ],
    },
  };
}
