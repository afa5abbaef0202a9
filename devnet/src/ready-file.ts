import { renameSync, writeFileSync } from "node:fs";

/** Writes the message to the process that started this one, atomically, so that no reader sees half of it. */
export function writeReadyFile(path: string, content: unknown): void {
  const unfinished = `${path}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, path);
}
