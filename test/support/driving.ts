import type { LogLine } from "@outlayer/distributed";

/** Whether a line of a broadcaster's log is about a gate's lease, and not that of users' calls, which another process may hold. */
export const isOfGate = ({ resource }: LogLine): boolean => String(resource).startsWith("gate:");

/** Whether a line says that the process drives a gate from now on. */
export const drivesGate = (line: LogLine): boolean => line.msg === "driving" && isOfGate(line);
