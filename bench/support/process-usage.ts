import { readFileSync } from "node:fs";

/** Resources used by a process so far: bytes, and milliseconds of processor time. */
export interface ProcessUsage {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
}

/** From /proc, in ticks of 10 ms and in kB; nothing elsewhere. */
export function usageOf(pid: number): Omit<ProcessUsage, "heapBytes"> {
  const [, , , , , , , , , , , user = "0", system = "0"] =
    readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return { rssBytes: 1024 * kilobytesOf("VmRSS", pid), cpuMs: 10 * (Number(user) + Number(system)) };
}

/** 0 where there is no such process. */
export function kilobytesOf(what: "VmRSS" | "VmHWM", pid: number): number {
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}
