import type { Method, OpenApiDocument } from "../openapi/types.ts";
import { type Html, html, slug, trusted } from "./html.ts";
import { inline, type Section, sectionAnchor, sections } from "./markdown.ts";
import { badge, operationAnchor, operationSection, type RoutedOperation } from "./operation.ts";
import { schemaAnchor, schemaBody } from "./schema-table.ts";
import { style } from "./style.ts";

export interface DocsPage {
  readonly html: string;
  /** Content of the page's one style element, for the Content-Security-Policy that allows it by its hash. */
  readonly style: string;
}

/** An API description as one page that needs no script and loads nothing. */
export function docsPage(document: OpenApiDocument): DocsPage {
  const { info, tags, components } = document;
  const guide = sections(info.description);
  const operations = operationsOf(document);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} API</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="layout">
<nav aria-label="Contents">
<a class="home" href="#top">${info.title}</a>
${navigation(guide, tags, operations, Object.keys(components.schemas))}
</nav>
<main id="content">
<header id="top">
<h1>${info.title}</h1>
<p class="lead">${info.summary}</p>
<p class="meta"><span class="pill">version ${info.version}</span> <a href="/openapi.json">openapi.json</a></p>
</header>
${guide.map(guideSection)}
${tags.map(({ name, description }) => {
  const own = operations.filter(({ operation }) => operation.tags.includes(name));
  return html`<section class="tag" id="tag-${slug(name)}"><h2>${name}</h2><p>${inline(description)}</p>${own.map((placed) => operationSection(document, placed))}</section>`;
})}
<section class="tag" id="schemas"><h2>Schemas</h2>${Object.entries(components.schemas).map(([name, schema]) => {
    return html`<section class="schema" id="${schemaAnchor(name)}"><h3><a href="#${schemaAnchor(name)}">${name}</a></h3><p>${inline(schema.description ?? "")}</p>${schemaBody(schema)}</section>`;
  })}</section>
</main>
</div>
</body>
</html>
`;
  return { html: page.text, style };
}

function operationsOf({ paths }: OpenApiDocument): readonly RoutedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) => {
    return (["get", "post", "delete"] satisfies Method[]).flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    });
  });
}

function guideSection({ heading, body }: Section): Html {
  if (heading === undefined) return html`<section class="guide">${body}</section>`;
  return html`<section class="guide" id="${sectionAnchor(heading)}"><h2>${heading}</h2>${body}</section>`;
}

function navigation(
  guide: readonly Section[],
  tags: OpenApiDocument["tags"],
  operations: readonly RoutedOperation[],
  schemas: readonly string[],
): Html {
  const guideLinks = guide.flatMap(({ heading }) => {
    return heading === undefined ? [] : [html`<li><a href="#${sectionAnchor(heading)}">${heading}</a></li>`];
  });
  const groups = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    const links = own.map(
      ({ method, operation }) =>
        html`<li><a href="#${operationAnchor(operation.operationId)}">${badge(method)} ${operation.summary}</a></li>`,
    );
    return html`<h2><a href="#tag-${slug(name)}">${name}</a></h2><ul>${links}</ul>`;
  });
  const schemaLinks = schemas.map((name) => html`<li><a href="#${schemaAnchor(name)}">${name}</a></li>`);
  return html`<h2>Guide</h2><ul>${guideLinks}</ul>${groups}<h2><a href="#schemas">Schemas</a></h2><ul class="schemas">${schemaLinks}</ul>`;
}
