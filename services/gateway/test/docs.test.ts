import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { escapeHtml, html } from "../src/core/docs/html.ts";
import { blocks } from "../src/core/docs/markdown.ts";
import { docsPage } from "../src/core/docs/page.ts";
import { openApiDocument } from "../src/core/openapi/document.ts";
import type { OpenApiDocument } from "../src/core/openapi/types.ts";
import { startWorld } from "./support/world.ts";

const document = openApiDocument({ gateId: "gate.sequential.near", executeWaitSecs: 5 });
const page = docsPage(document).html;
const attributes = (name: string) =>
  [...page.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value]) => value ?? "");

describe("the docs page", () => {
  it("is served with a policy that allows its own style and nothing else", async () => {
    await using world = await startWorld();
    const answer = await world.rest("GET", "/docs", { headers: {} });
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(answer.text) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    const policy = answer.headers.get("content-security-policy");
    assert.equal(
      policy,
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });

  it("loads nothing, runs nothing, and has no style outside of its one style sheet", () => {
    assert.doesNotMatch(page, /<(?:script|link|img|iframe|object|embed|base|form)\b/i);
    assert.doesNotMatch(page, /@import|url\(/i);
    assert.doesNotMatch(page, /\s(?:style|on\w+)="/i);
    assert.deepEqual(attributes("src"), []);
    for (const link of attributes("href")) assert.match(link, /^(?:#|\/openapi\.json$)/);
    assert.equal(page.match(/<style>/g)?.length, 1);
  });

  it("has every operation, schema and guide section, each with an anchor that the navigation leads to", () => {
    const anchors = attributes("id");
    assert.equal(new Set(anchors).size, anchors.length);
    for (const link of attributes("href").filter((link) => link.startsWith("#"))) {
      assert.ok(anchors.includes(link.slice(1)), `${link} leads nowhere`);
    }
    const [, navigation = ""] = /<nav[^>]*>([\s\S]*?)<\/nav>/.exec(page) ?? [];
    for (const item of Object.values(document.paths)) {
      for (const operation of Object.values(item)) assert.ok(navigation.includes(`#op-${operation.operationId}"`));
    }
    for (const name of Object.keys(document.components.schemas)) assert.ok(navigation.includes(`#schema-${name}"`));
  });

  it("shows of every operation its path, parameters, codes, examples and a command", () => {
    const sections = [...page.matchAll(/<section class="operation" id="op-(\w+)">([\s\S]*?)<\/section>/g)];
    const shown = new Map(sections.map(([, id = "", text = ""]) => [id, text]));
    for (const [path, item] of Object.entries(document.paths)) {
      for (const operation of Object.values(item)) {
        const text = shown.get(operation.operationId) ?? "";
        assert.ok(text.includes(path));
        assert.ok(text.includes("curl "));
        for (const code of Object.keys(operation.responses)) assert.ok(text.includes(`>${code}<`));
        for (const { $ref } of operation.parameters ?? []) {
          const parameter = document.components.parameters[$ref.split("/").at(-1) ?? ""];
          assert.ok(text.includes(`>${parameter?.name}<`));
        }
      }
    }
    assert.match(shown.get("executeWorkflow") ?? "", /&#34;idempotency_key&#34;/);
  });

  it("has well-nested elements", () => {
    const open: string[] = [];
    const empty = new Set(["meta", "br", "hr"]);
    for (const [, end, name = ""] of page
      .replace(/<style>[\s\S]*?<\/style>|<!doctype html>/g, "")
      .matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (empty.has(name)) continue;
      if (end === "") open.push(name);
      else assert.equal(open.pop(), name);
    }
    assert.deepEqual(open, []);
  });

  it("shows text as text, wherever in the description it stands", () => {
    const evil = `</code><script>alert("x")</script>&'`;
    const replaced = JSON.parse(JSON.stringify(document), (key, value) =>
      ["description", "summary", "title", "name", "example"].includes(key) && typeof value === "string" ? evil : value,
    ) as OpenApiDocument;
    const shown = docsPage({ ...replaced, tags: document.tags }).html;
    assert.equal(shown.includes("<script"), false);
    assert.equal(shown.includes('alert("x")'), false);
    assert.ok(shown.includes(escapeHtml("<script>")));
  });
});

describe("HTML", () => {
  it("escapes every part that is not HTML already", () => {
    const inner = html`<b>${"<&>\"'"}</b>`;
    assert.equal(html`${inner}${["<", 1, undefined]}`.text, "<b>&#60;&#38;&#62;&#34;&#39;</b>&#60;1");
  });
});

describe("Markdown", () => {
  const cases: readonly [markdown: string, html: string][] = [
    ["one\ntwo\n\nthree", "<p>one two</p><p>three</p>"],
    ["- a `b`\n- c", "<ul><li>a <code>b</code></li><li>c</li></ul>"],
    ["**bold** and `a < b`", "<p><strong>bold</strong> and <code>a &#60; b</code></p>"],
    ["not ` code", "<p>not ` code</p>"],
    ["```\na\n  b < c\n```", '<pre class="code"><code>a\n  b &#60; c</code></pre>'],
    [
      "| a | b |\n| --- | --- |\n| 1 | `2` |",
      '<div class="scroll"><table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td>1</td><td><code>2</code></td></tr></tbody></table></div>',
    ],
  ];
  for (const [markdown, expected] of cases) {
    it(`renders ${JSON.stringify(markdown)}`, () => assert.equal(blocks(markdown).text, expected));
  }
});
