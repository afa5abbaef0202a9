import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@outlayer/kit";
import { type System, type SystemOptions, startSystem } from "./system.ts";

/** What differs from an entry that names a gate and its accounts alone. */
export type GateSettings = Readonly<Record<string, unknown>>;

/** A system with several gates, and what makes other settings of them. */
export interface SystemOfGates {
  readonly system: System;
  readonly gateIds: readonly string[];
  /** The variables with which some of the gates, by their indices, are served. */
  variables(served: readonly number[], settings?: Readonly<Record<number, GateSettings>>): Environment;
  stop(): Promise<void>;
}

/** The keys are in files: the planner, which reads the same variable, must not have them. */
export async function startWithGates(
  count: number,
  settings: Readonly<Record<number, GateSettings>> = {},
  options: SystemOptions = {},
): Promise<SystemOfGates> {
  const directory = mkdtempSync(join(tmpdir(), "gates-"));
  let variables: SystemOfGates["variables"] | undefined;
  const system = await startSystem({
    ...options,
    devnet: { ...options.devnet, genesis: { ...options.devnet?.genesis, gates: count } },
    environmentOf: (devnet) => {
      const entries = devnet.gates.map(({ gateId, relayer, approver }) => {
        const account = ({ accountId, secretKey }: typeof relayer) => {
          const path = join(directory, accountId);
          writeFileSync(path, `${secretKey}\n`);
          return { account_id: accountId, secret_keys_file: path };
        };
        return { gate_id: gateId, relayer: account(relayer), approver: account(approver) };
      });
      variables = (served, settings = {}) => ({
        ...Object.fromEntries(ofOneGate.map((name) => [name, ""])),
        GATES_JSON: JSON.stringify(served.map((index) => ({ ...entries[index], ...settings[index] }))),
      });
      return variables([...entries.keys()], settings);
    },
  });
  if (variables === undefined) throw new Error("the system asked for no variables");
  return {
    system,
    gateIds: system.devnet.gates.map(({ gateId }) => gateId),
    variables,
    async stop() {
      await system.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

const ofOneGate = ["RELAYER_ACCOUNT_ID", "RELAYER_SECRET_KEY", "APPROVER_ACCOUNT_ID", "APPROVER_SECRET_KEY"];
