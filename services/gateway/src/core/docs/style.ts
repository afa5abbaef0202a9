/** The page's style sheet. Colours are named once, for light and for dark. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #14171c);
  --raised: light-dark(#f6f7f9, #1b1f26);
  --ink: light-dark(#1c2330, #dfe4ec);
  --soft: light-dark(#5b6678, #98a3b5);
  --line: light-dark(#e3e7ed, #2b313b);
  --accent: light-dark(#0b6e5f, #4fd1b8);
  --code: light-dark(#f1f4f8, #10131a);
  --chip: light-dark(#f1f4f8, #232a35);
  --key: light-dark(#0b5394, #7fb8f5);
  --string: light-dark(#2f6f2f, #a6d189);
  --number: light-dark(#9a4a00, #f0b072);
  --good: light-dark(#176b3a, #6fd39a);
  --warn: light-dark(#8a5a00, #e9b862);
  --bad: light-dark(#a3232f, #f28b94);
  --mono: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif;
  text-rendering: optimizeLegibility;
}
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; z-index: 1; }
.layout { display: grid; grid-template-columns: 17.5rem minmax(0, 1fr); max-width: 84rem; margin: 0 auto; }
nav {
  position: sticky; top: 0; align-self: start; height: 100vh; overflow-y: auto; scrollbar-width: thin;
  padding: 2rem 1.25rem 3rem 1.5rem; border-right: 1px solid var(--line); font-size: .875rem; line-height: 1.4;
}
nav .home { display: block; font-weight: 650; font-size: 1rem; color: var(--ink); margin-bottom: 1.25rem; }
nav h2 { font-size: .75rem; font-weight: 600; letter-spacing: .04em; color: var(--soft); margin: 1.4rem 0 .4rem; }
nav h2 a { color: inherit; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .22rem .5rem; margin-left: -.5rem; border-radius: 5px; color: var(--ink); }
nav li a:hover { background: var(--raised); text-decoration: none; }
nav .schemas a { font-family: var(--mono); font-size: .8125rem; }
main { padding: 2.5rem clamp(1.25rem, 4vw, 4rem) 6rem; max-width: 64rem; }
h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -.02em; margin: 0; font-weight: 700; text-wrap: balance; }
.lead { font-size: 1.2rem; color: var(--soft); margin: .4rem 0 .9rem; }
.meta { font-size: .875rem; margin: 0 0 2rem; }
.pill { border: 1px solid var(--line); border-radius: 99px; padding: .1rem .6rem; color: var(--soft); margin-right: .6rem; }
main h2 { font-size: 1.45rem; line-height: 1.25; letter-spacing: -.01em; margin: 3rem 0 .8rem; font-weight: 680; }
h3 { font-size: 1.15rem; margin: 0 0 .3rem; font-weight: 650; }
h3 a { color: inherit; }
h4 { font-size: .875rem; margin: 1.6rem 0 .5rem; font-weight: 650; color: var(--soft); }
p, ul { margin: .7rem 0; }
.guide p, .guide li, .operation > p, .tag > p { max-width: 46rem; }
li { margin: .25rem 0; }
code { font-family: var(--mono); font-size: .86em; }
p code, li code, td code { background: var(--chip); padding: .1em .32em; border-radius: 4px; overflow-wrap: anywhere; }
td:first-child code { white-space: nowrap; }
pre.code {
  background: var(--code); border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0;
  padding: .85rem 1rem; overflow-x: auto; font-size: .875rem; line-height: 1.55; max-height: 32rem; tab-size: 2;
}
pre .k { color: var(--key); } pre .s { color: var(--string); } pre .n { color: var(--number); }
.scroll { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.5; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .8125rem; }
th, td { padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:last-child, th:last-child { padding-right: 0; }
.fields td:first-child { white-space: nowrap; }
.fields code.field { background: none; padding: 0; font-weight: 600; font-size: .875em; }
.typecell { color: var(--soft); min-width: 6.5rem; max-width: 15rem; }
.type { font-family: var(--mono); font-size: .875em; }
.optional { color: var(--soft); font-size: .75rem; }
.eg { color: var(--soft); font-size: .8125rem; }
.operation, .schema { padding: 1.75rem 0 .5rem; border-top: 1px solid var(--line); margin-top: 1.75rem; }
.tag > p + .operation { margin-top: 1.25rem; }
.endpoint { display: flex; gap: .6rem; align-items: center; flex-wrap: wrap; margin: .3rem 0 .7rem; }
.endpoint code { background: none; padding: 0; font-size: .95rem; }
.method {
  font: 650 .6875rem/1 var(--mono); padding: .25rem .4rem; border-radius: 4px; color: var(--accent);
  background: color-mix(in srgb, var(--accent) 13%, transparent);
}
.method.post { color: var(--warn); background: color-mix(in srgb, var(--warn) 15%, transparent); }
.method.delete { color: var(--bad); background: color-mix(in srgb, var(--bad) 15%, transparent); }
nav .method { display: inline-block; min-width: 2.35rem; text-align: center; padding: .2rem .25rem; font-size: .625rem; }
details { border: 1px solid var(--line); border-radius: 8px; margin: .4rem 0; background: var(--paper); }
summary { cursor: pointer; padding: .5rem .85rem; border-radius: 8px; font-size: .9rem; }
summary:hover { background: var(--raised); }
details[open] > summary { border-bottom: 1px solid var(--line); border-radius: 8px 8px 0 0; }
details.example > pre.code { border: 0; border-radius: 0 0 8px 8px; margin: 0; }
.responses { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.response { border: 0; border-radius: 0; margin: 0; }
.response + .response { border-top: 1px solid var(--line); }
.response summary { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr) auto; gap: .5rem; align-items: baseline; }
.response > summary, .response[open] > summary { border-radius: 0; }
.response summary::-webkit-details-marker { display: none; }
.status { font: 650 .875rem var(--mono); }
.code-2 { color: var(--good); } .code-4 { color: var(--warn); } .code-5 { color: var(--bad); }
.returns { font-size: .8125rem; color: var(--soft); text-align: right; }
.inside { padding: .6rem .85rem .85rem; }
.inner > :not(summary) { margin: 0 .85rem .6rem; }
.headers { font-size: .9rem; padding-left: 1.1rem; }
.caption { font-size: .8125rem; color: var(--soft); margin: .8rem 0 .3rem; }
@media (min-width: 60rem) { p code, li code, td code { white-space: nowrap; } .eg code { white-space: normal; } }
@media (max-width: 60rem) {
  .layout { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); padding: 1.5rem 1.25rem; }
  nav .schemas { display: flex; flex-wrap: wrap; gap: 0 .9rem; }
  .fields td:first-child { white-space: normal; }
  .response summary { grid-template-columns: 2.6rem minmax(0, 1fr); }
  .returns { grid-column: 2; text-align: left; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print { nav { display: none; } .layout { display: block; } }
`;
