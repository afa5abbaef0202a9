import type { Fields, Manifest, Value } from "./overlay.ts";

/** Labels of a pod. */
export type Labels = Readonly<Record<string, string>>;

type Direction = "ingress" | "egress";

interface Rule {
  /** Empty: anybody. */
  readonly ends: readonly Fields[];
  /** Empty: every port. */
  readonly ports: readonly Fields[];
}

/**
 * Whether a selector selects a pod of these labels.
 * @throws Error at a field or an operator that it does not know
 */
export function selects(selector: Value | undefined, labels: Labels): boolean {
  const {
    matchLabels = {},
    matchExpressions = [],
    ...others
  } = selector as unknown as {
    readonly matchLabels?: Labels;
    readonly matchExpressions?: readonly Fields[];
  };
  refuse(others, "a selector");
  const isIn = ({ key, operator, values, ...others }: Fields) => {
    refuse(others, "an expression");
    if (operator !== "In") throw new Error(`the operator ${String(operator)} is not known here`);
    return (values as readonly string[]).includes(labels[String(key)] ?? "");
  };
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(isIn);
}

/** Whether policies let a pod send to, or be called by, another of the namespace on this port. */
export function allows(
  manifests: readonly Manifest[],
  direction: Direction,
  [of, other]: readonly [Labels, Labels],
  port: number,
): boolean {
  return rulesFor(manifests, direction, of).some(({ ends, ports }) => {
    const isPort = ports.length === 0 || ports.some((each) => each.port === port);
    // An end in another namespace is no pod of ours.
    const isOther = ({ podSelector, namespaceSelector, ipBlock }: Fields) =>
      namespaceSelector === undefined && ipBlock === undefined && selects(podSelector, other);
    return isPort && (ends.length === 0 || ends.some(isOther));
  });
}

/** Who is not in the namespace and may be talked to by a pod, or talk to it, each with its port: as texts, sorted. */
export function outsideOf(manifests: readonly Manifest[], direction: Direction, of: Labels): readonly string[] {
  const named = rulesFor(manifests, direction, of).flatMap(({ ends, ports }) => {
    const outside = ends.filter(({ namespaceSelector, ipBlock }) => namespaceSelector || ipBlock).map(endAsText);
    const all = ends.length === 0 ? ["anybody"] : outside;
    const texts = ports.length === 0 ? ["every port"] : ports.map(portAsText);
    return all.flatMap((end) => texts.map((port) => `${end}, ${port}`));
  });
  return named.toSorted();
}

function rulesFor(manifests: readonly Manifest[], direction: Direction, of: Labels): readonly Rule[] {
  const [type, end] = direction === "ingress" ? (["Ingress", "from"] as const) : (["Egress", "to"] as const);
  const specs = manifests.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec as Fields);
  return specs.flatMap(({ podSelector, policyTypes, ingress = [], egress = [], ...others }) => {
    refuse(others, "a policy");
    // Rules of a direction that the policy does not name do not count.
    if (!(policyTypes as readonly string[]).includes(type) || !selects(podSelector, of)) return [];
    return ((direction === "ingress" ? ingress : egress) as readonly Fields[]).map((rule) => {
      const { [end]: ends = [], ports = [], ...others } = rule;
      refuse(others, "a rule");
      return { ends: ends as readonly Fields[], ports: ports as readonly Fields[] };
    });
  });
}

function endAsText({ namespaceSelector, podSelector, ipBlock, ...others }: Fields): string {
  refuse(others, "an end");
  if (ipBlock !== undefined) {
    const { cidr, except = [], ...others } = ipBlock as Fields;
    refuse(others, "a block of addresses");
    return [String(cidr), ...(except as readonly string[]).map((each) => `not ${each}`)].join(" ");
  }
  const pods = podSelector === undefined ? [] : [labelsAsText(podSelector)];
  return [labelsAsText(namespaceSelector), ...pods].join(" ");
}

/** @throws Error where a selector has more than labels, or none, which would be everything */
function labelsAsText(selector: Value | undefined): string {
  const { matchLabels = {}, ...others } = selector as Fields;
  refuse(others, "a selector of an outside end");
  const pairs = Object.entries(matchLabels as Labels).map(([key, value]) => `${key}=${value}`);
  if (pairs.length === 0) throw new Error("a selector of an outside end selects everything");
  return pairs.join(" ");
}

function portAsText({ port, protocol = "TCP", ...others }: Fields): string {
  refuse(others, "a port");
  return `${String(protocol)} ${String(port)}`;
}

function refuse(others: object, of: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw new Error(`${name} of ${of} is not known here`);
}
