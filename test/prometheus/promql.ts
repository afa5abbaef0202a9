import { parser } from "@prometheus-io/lezer-promql";

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly values: readonly string[] }[];
}

/** What an expression asks for. */
export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels that it groups or joins by. */
  readonly labels: readonly string[];
}

/** @param expression in PromQL @throws Error at what is none */
export function readQuery(expression: string): Query {
  const selectors: { metric: string; matchers: { label: string; values: string[] }[] }[] = [];
  const labels: string[] = [];
  let within = "";
  let [label, operator] = ["", ""];
  parser.parse(expression).iterate({
    enter({ name, type, from, to }) {
      const text = expression.slice(from, to);
      if (type.isError) throw new Error(`no PromQL from ${JSON.stringify(expression.slice(from, from + 40))} on`);
      if (name === "VectorSelector") selectors.push({ metric: "", matchers: [] });
      const selector = selectors.at(-1);
      if (name === "GroupingLabels" || name === "LabelMatchers") within = name;
      if (name === "Identifier" && selector !== undefined) selector.metric = text;
      if (name === "LabelName" && within === "GroupingLabels") labels.push(text);
      if (name === "LabelName" && within === "LabelMatchers") label = text;
      if (name === "MatchOp") operator = text;
      if (name === "StringLiteral" && within === "LabelMatchers") {
        const value = JSON.parse(text) as string;
        selector?.matchers.push({ label, values: operator.endsWith("~") ? value.split("|") : [value] });
      }
    },
    leave({ name }) {
      if (name === within) within = "";
    },
  });
  return { selectors, labels };
}
