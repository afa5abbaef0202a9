import type { JsonValue } from "@bufbuild/protobuf";
import {
  type Example,
  type MediaType,
  type Method,
  type Named,
  nameOfRef,
  type OpenApiDocument,
  type Operation,
  type Parameter,
  type Response,
} from "../openapi/types.ts";
import { curl, jsonBlock, textBlock } from "./code.ts";
import { type Html, html } from "./html.ts";
import { blocks, inline } from "./markdown.ts";
import { schemaBody, typeOf } from "./schema-table.ts";

export const operationAnchor = (operationId: string) => `op-${operationId}`;

/** An operation with its method and path. */
export interface RoutedOperation {
  readonly method: Method;
  readonly path: string;
  readonly operation: Operation;
}

export function operationSection({ components }: OpenApiDocument, placed: RoutedOperation): Html {
  const { method, path, operation } = placed;
  const parameters = (operation.parameters ?? []).flatMap(({ $ref }) => components.parameters[nameOfRef($ref)] ?? []);
  const body = Object.values(operation.requestBody?.content ?? {})[0];
  const responses = Object.entries(operation.responses).map(([code, response]) => {
    return [code, "$ref" in response ? components.responses[nameOfRef(response.$ref)] : response] as const;
  });
  return html`<section class="operation" id="${operationAnchor(operation.operationId)}">
<h3><a href="#${operationAnchor(operation.operationId)}">${operation.summary}</a></h3>
<p class="endpoint">${badge(method)} <code>${path}</code></p>
${blocks(operation.description)}
${parameters.length === 0 ? undefined : parameterTable(parameters)}
${body === undefined ? undefined : requestBody(components.schemas, body)}
<h4>Try it</h4>
${textBlock(curlOf(placed, parameters, body))}
<h4>Responses</h4>
<div class="responses">${responses.map(([code, response]) => (response === undefined ? undefined : responseRow(components, code, response)))}</div>
</section>`;
}

export function badge(method: Method): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`;
}

function parameterTable(parameters: readonly Parameter[]): Html {
  const rows = parameters.map((parameter) => {
    const mark = parameter.required ? undefined : html` <span class="optional">optional</span>`;
    const example =
      parameter.example === undefined
        ? undefined
        : html` <span class="eg">e.g. <code>${String(parameter.example)}</code></span>`;
    return html`<tr><td><code class="field">${parameter.name}</code>${mark}</td><td>${parameter.in}</td><td class="typecell">${typeOf(
      parameter.schema,
    )}</td><td>${inline(parameter.description)}${example}</td></tr>`;
  });
  return html`<h4>Parameters</h4><div class="scroll"><table class="fields"><thead><tr><th scope="col">name</th><th scope="col">in</th><th scope="col">type</th><th scope="col">what it is</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function requestBody(schemas: OpenApiDocument["components"]["schemas"], { schema, examples }: MediaType): Html {
  const named = schema.$ref === undefined ? schema : (schemas[nameOfRef(schema.$ref)] ?? schema);
  return html`<h4>Body</h4><p>${typeOf(schema)}</p>${schemaBody(named)}${Object.values(examples).map(exampleDetails)}`;
}

function responseRow({ schemas, headers }: OpenApiDocument["components"], code: string, response: Response): Html {
  const media = Object.values(response.content ?? {})[0];
  const type = media === undefined ? undefined : html` <span class="returns">${typeOf(media.schema)}</span>`;
  const summary = html`<summary><span class="code-${code.slice(0, 1)} status">${code}</span> <span class="what">${inline(response.description)}</span>${type}</summary>`;
  const named = media?.schema.$ref === undefined ? undefined : schemas[nameOfRef(media.schema.$ref)];
  // Errors have the same fields everywhere: they are described once, with the schemas.
  const fields =
    named === undefined || code !== "200"
      ? undefined
      : html`<details class="inner"><summary>All fields</summary>${schemaBody(named)}</details>`;
  const headerRows = Object.entries(response.headers ?? {}).map(([name, { $ref }]) => {
    return html`<li><code>${name}</code> ${inline(headers[nameOfRef($ref)]?.description ?? "")}</li>`;
  });
  return html`<details class="response">${summary}<div class="inside">
${headerRows.length === 0 ? undefined : html`<ul class="headers">${headerRows}</ul>`}
${fields}
${Object.values(media?.examples ?? {}).map(shownExample)}</div></details>`;
}

function exampleDetails(example: Example): Html {
  return html`<details class="example"><summary>${example.summary}</summary>${exampleBlock(example.value)}</details>`;
}

function shownExample(example: Example): Html {
  return html`<p class="caption">${example.summary}</p>${exampleBlock(example.value)}`;
}

function exampleBlock(value: JsonValue): Html {
  return typeof value === "string" ? textBlock(value) : jsonBlock(value);
}

function curlOf(
  { method, path, operation }: RoutedOperation,
  parameters: readonly Parameter[],
  body: MediaType | undefined,
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    return String(parameters.find((parameter) => parameter.name === name)?.example ?? name);
  });
  return curl({
    method,
    path: filled,
    authenticated: operation.security.some((scheme) => Object.keys(scheme).length > 0),
    body: firstExample(body?.examples),
    stream: Object.hasOwn(contentOf(operation.responses["200"]), "text/event-stream"),
  });
}

function firstExample(examples: Named<Example> = {}): JsonValue | undefined {
  return Object.values(examples)[0]?.value;
}

function contentOf(response: Operation["responses"][string] | undefined): object {
  return response !== undefined && "content" in response ? (response.content ?? {}) : {};
}
