import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** The path of a program that is on PATH, or undefined. */
export function onPath(program: string): string | undefined {
  const found = (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, program));
  return found.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a program writes on standard output. @throws Error with the end of what it wrote elsewhere */
export async function outputOf(command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await exec(command, args, { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Error(`${command}: ${stderr.trim().split("\n").slice(-15).join("\n") || message}`);
  }
}
