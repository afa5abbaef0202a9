import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { needChromium } from "@outlayer/test-servers";
import axe, { type AxeResults } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** A browser as one person has it, and what went wrong in any of its pages. */
export interface Person {
  readonly context: BrowserContext;
  /** A sentence for each error on a console, uncaught error, and violation of a content security policy. */
  readonly problems: string[];
}

/** How a page is looked at. */
const looks = {
  light: { scheme: "light", width: 900 },
  dark: { scheme: "dark", width: 900 },
  narrow: { scheme: "light", width: 320 },
  "narrow-dark": { scheme: "dark", width: 320 },
} as const;

/** Ends what hangs, and nothing that is slow; milliseconds. */
const hangsMs = 180_000;

const pictures = ".dev/screenshots";
/** Pictures that pages of ours show; those that are there are renewed where `RENEW_SCREENSHOTS` is set. */
const shown = "examples/web/screenshots";

/** As a text: the types of these tests know nothing of documents. */
const tellViolations = `document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(\`securitypolicyviolation of \${violatedDirective} by \${blockedURI}\`))`;

/** For a suite's `before` hook. */
export function startBrowser(hook: Mocha.Context): Promise<Browser> {
  return chromium.launch({
    executablePath: needChromium(hook),
    // Chromium refuses to run as root in its own sandbox; a tmpfs at /dev/shm can be small.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"],
  });
}

export async function newPerson(browser: Browser): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: looks.light.width, height: 900 } });
  context.setDefaultTimeout(hangsMs);
  const problems: string[] = [];
  await context.addInitScript({ content: tellViolations });
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      problems.push(`${message.location().url}: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => void problems.push(`uncaught: ${error.error().message}`));
  return { context, problems };
}

/**
 * Looks at a page in light and dark, wide and narrow, and takes a picture of each.
 * @returns what keeps people from reading or using it, a sentence each
 */
export async function lookAt(page: Page, name: string): Promise<string[]> {
  mkdirSync(pictures, { recursive: true });
  const before = page.viewportSize();
  const found: string[] = [];
  for (const [look, { scheme, width }] of Object.entries(looks)) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    const file = `${name}-${look}.png`;
    await page.screenshot({ path: `${pictures}/${file}`, fullPage: true, animations: "disabled" });
    if (process.env.RENEW_SCREENSHOTS && existsSync(`${shown}/${file}`)) {
      copyFileSync(`${pictures}/${file}`, `${shown}/${file}`);
    }
    const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
    if (overflow > 0) found.push(`${name}, ${look}: ${overflow} pixels wider than the screen`);
    // What it judges hangs on colours, not on the width.
    if (width === looks.narrow.width) continue;
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>("axe.run()");
    for (const { id, help, nodes } of violations) {
      found.push(`${name}, ${look}: ${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (before !== null) await page.setViewportSize(before);
  return found;
}
