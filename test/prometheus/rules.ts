import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly (Recording | Alert)[] }[];
}

export const rulesPath = fileURLToPath(new URL("../../deploy/prometheus/rules.yaml", import.meta.url));

export const { groups } = parse(readFileSync(rulesPath, "utf8")) as Rules;

const rules = groups.flatMap((group) => group.rules);

export const recordings = rules.filter((rule): rule is Recording => "record" in rule);

export const alerts = rules.filter((rule): rule is Alert => "alert" in rule);
