import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Processes that a process has started and that run. */
export function childrenOf(parent: number): readonly number[] {
  return processes()
    .filter(([, started]) => started === parent)
    .map(([pid]) => pid);
}

export function isRunning(pid: number): boolean {
  return processes().some(([running]) => running === pid);
}

type Process = readonly [pid: number, parent: number];

/** Not every Linux has `ps`. */
function processes(): readonly Process[] {
  if (process.platform !== "linux") {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
    return lines.map((line) => line.trim().split(/\s+/).map(Number)).map(([pid = 0, parent = 0]) => [pid, parent]);
  }
  return readdirSync("/proc").flatMap((name): Process[] => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state === "Z" ? [] : [[Number(name), Number(parent)]];
    } catch {
      return [];
    }
  });
}
