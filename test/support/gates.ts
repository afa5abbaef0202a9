import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@outlayer/kit";
import { type GateSettings, gateVariables } from "./gate-variables.ts";
import { type System, type SystemOptions, startSystem } from "./system.ts";

/** A system with several gates, and what makes other settings of them. */
export interface SystemOfGates {
  readonly system: System;
  readonly gateIds: readonly string[];
  /** The variables with which some of the gates, by their indices, are served; settings are by the same indices. */
  variables(served: readonly number[], settings?: Readonly<Record<number, GateSettings>>): Environment;
  stop(): Promise<void>;
}

export async function startWithGates(
  count: number,
  settings: Readonly<Record<number, GateSettings>> = {},
  options: SystemOptions = {},
): Promise<SystemOfGates> {
  const directory = mkdtempSync(join(tmpdir(), "gates-"));
  const system = await startSystem({
    ...options,
    devnet: { ...options.devnet, genesis: { ...options.devnet?.genesis, gates: count } },
    environmentOf: ({ gates }) => gateVariables(gates, directory, settings),
  });
  const { gates } = system.devnet;
  return {
    system,
    gateIds: gates.map(({ gateId }) => gateId),
    variables(served, settings = {}) {
      const chosen = served.flatMap((index) => gates[index] ?? []);
      return gateVariables(
        chosen,
        directory,
        Object.fromEntries(served.map((index, at) => [at, settings[index] ?? {}])),
      );
    },
    async stop() {
      await system.stop();
      rmSync(directory, { recursive: true });
    },
  };
}
