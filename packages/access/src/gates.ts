import { type ConfigReader, decimal, json, Malformed, type Parse } from "@outlayer/kit";
import { accountId, readFirstGateId } from "./account-settings.ts";

/** A gate, as a service without its keys knows it. */
export interface Gate {
  readonly gateId: string;
  /** Its share of the wallets, beside the other gates' weights. */
  readonly weight: number;
  /** It takes no new workflows, and finishes those that it has. */
  readonly drain: boolean;
  /** The fee of one call that is agreed with its owner, yoctoNEAR. */
  readonly feeYocto: bigint;
}

/** An entry of `GATES_JSON`: the gate, and the fields as they were given. */
export interface GateEntry extends Gate {
  readonly given: Readonly<Record<string, unknown>>;
}

/** Bounded, since each gate is a lease, and a log that is read at every start. */
const mostGates = 64;
const mostWeight = 1000;

export const usualFeeYocto = 30_000_000_000_000_000_000_000n;

/** The gates: those of `GATES_JSON`, else the one of `SEQUENTIAL_GATE_ID`. Read as a secret: it may hold keys. */
export function readGates(reader: ConfigReader): readonly Gate[] {
  const one = {
    gateId: readFirstGateId(reader),
    weight: 1,
    drain: false,
    feeYocto: reader.optional("GATE_FEE_1_TO_3_YOCTO", decimal, usualFeeYocto),
  };
  if (!namesGates(reader)) return [one];
  const entries = reader.requiredSecret("GATES_JSON", gateEntries) ?? [];
  return entries.map(({ given, ...gate }) => gate);
}

/** Whether `GATES_JSON` takes the place of the variables of one gate. A file without a text is a problem then. */
export function namesGates(reader: ConfigReader): boolean {
  return reader.isSet("GATES_JSON") || reader.isSet("GATES_JSON_FILE");
}

/**
 * Reads gates anew, where they are in a file that may be replaced while the process runs; undefined where they are in variables.
 * @param read problems are collected in its reader
 */
export function gatesReread<T>(reader: ConfigReader, read: (reader: ConfigReader) => T): (() => T) | undefined {
  if (!reader.isSet("GATES_JSON_FILE")) return undefined;
  return () => {
    const again = reader.again();
    const gates = read(again);
    again.check();
    return gates;
  };
}

/** Whether two lists of gates are alike in order and in all that is written of them, except for secrets: of keys, public halves count. */
export function areSameGates(one: readonly object[], other: readonly object[]): boolean {
  return describe(one) === describe(other);
}

const describe = (gates: readonly object[]) =>
  JSON.stringify(gates, (_, value) => (typeof value === "bigint" ? String(value) : value));

/** An array of objects with a `gate_id` each, and `weight`, `drain` and `fee_1_to_3_yocto` where they differ. */
export const gateEntries: Parse<readonly GateEntry[]> = (value) => {
  const given = json(value);
  if (!Array.isArray(given) || given.length < 1 || given.length > mostGates) {
    throw new Malformed(`must be an array of 1 to ${mostGates} gates`);
  }
  const gates = given.map((entry, index) => gateOf(entry, `(gate ${index + 1})`));
  const repeated = gates.findIndex(({ gateId }, index) => gates.findIndex((one) => one.gateId === gateId) < index);
  if (repeated >= 0) throw new Malformed(`(gate ${repeated + 1}) must not have the gate_id of another gate`);
  return gates;
};

function gateOf(entry: unknown, place: string): GateEntry {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    throw new Malformed(`${place} must be an object`);
  }
  const given = entry as Readonly<Record<string, unknown>>;
  const { gate_id, weight = 1, drain = false, fee_1_to_3_yocto = String(usualFeeYocto) } = given;
  if (!isWeight(weight)) throw new Malformed(`${place} must have an integer from 1 to ${mostWeight} as weight`);
  if (typeof drain !== "boolean") throw new Malformed(`${place} must have true or false as drain`);
  return {
    gateId: gateField(gate_id, accountId, `${place} must have a NEAR account id as gate_id`),
    weight,
    drain,
    feeYocto: gateField(fee_1_to_3_yocto, decimal, `${place} must have a decimal text as fee_1_to_3_yocto`),
    given,
  };
}

function isWeight(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= mostWeight;
}

/** A field that must be a text of such a form. @throws Malformed with the sentence */
export function gateField<T>(given: unknown, parse: Parse<T>, sentence: string): T {
  if (typeof given !== "string") throw new Malformed(sentence);
  try {
    return parse(given);
  } catch {
    throw new Malformed(sentence);
  }
}
