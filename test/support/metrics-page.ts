import { readFileSync } from "node:fs";
import { type ServiceName, serviceNames } from "@outlayer/kit";

/** What docs/metrics.md says of a metric. */
export interface Documented {
  readonly type: string;
  readonly services: readonly ServiceName[];
  readonly labels: readonly string[];
}

/** The metrics of docs/metrics.md by name. */
export function readMetrics(): ReadonlyMap<string, Documented> {
  const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\w+) \| ([\w-]+) \| (.*) \|$/gm)];
  return new Map(
    rows.map(([, name = "", type = "", of = "", about = ""]) => {
      const services = of === "all" ? serviceNames : serviceNames.filter((one) => one === of);
      return [name, { type, services, labels: labelsIn(about) }];
    }),
  );
}

/** Labels stand first, each with its values in brackets, up to a semicolon, or a colon before the values of the last. */
function labelsIn(about: string): readonly string[] {
  const [first = ""] = about.replaceAll(/\([^)]*\)/g, "").split(/[;:]/);
  return Array.from(first.matchAll(/`([a-z_]+)`/g), ([, label]) => String(label));
}
