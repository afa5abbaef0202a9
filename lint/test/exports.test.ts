import assert from "node:assert/strict";
import { checkExports } from "../exports.ts";
import { treeOf } from "./trees.ts";

const pay = "services/planner/src/pay.ts";
/** What is said of a file and of those that may import it. */
const said = (text: string, others: Readonly<Record<string, string>> = {}) =>
  checkExports(treeOf({ [pay]: text, ...others }));
const deadIn = (path: string, name: string) =>
  `${path}: nobody imports ${name}: declare it without export, or remove it`;

describe("the check of exports", () => {
  const exported = "export function pay(): void {}\n";
  const importing: readonly (readonly [string, string, string])[] = [
    ["by name", "services/planner/src/a.ts", 'import { pay } from "./pay.ts";\n'],
    ["by another name", "services/planner/src/a.ts", 'import { pay as paid } from "./pay.ts";\n'],
    ["as one of many, in lines", "services/planner/src/a.ts", 'import {\n  other,\n  pay,\n} from "./pay.ts";\n'],
    ["with all of its module", "services/planner/src/a.ts", 'import * as payment from "./pay.ts";\n'],
    ["while it runs", "services/planner/src/a.ts", 'const { pay } = await import("./pay.ts");\n'],
    ["by a test", "services/planner/test/pay.test.ts", 'import { pay } from "../src/pay.ts";\n'],
  ];
  for (const [how, path, text] of importing) {
    it(`lets an export be that is imported ${how}`, () => assert.deepEqual(said(exported, { [path]: text }), []));
  }

  it("names an export that nobody imports, whatever its own file does with it", () => {
    for (const text of [
      `${exported}pay();\n`,
      "export async function pay(): Promise<void> {}\n",
      "export const pay = 1;\n",
      "export abstract class pay {}\n",
      "export const { other: pay } = payment;\n",
      "function pay(): void {}\nexport { pay };\n",
      "export type pay = string;\n",
    ]) {
      assert.deepEqual(said(text), [deadIn(pay, "pay")], text);
    }
  });

  it("does not take an import of another module, or of another name, for one", () => {
    const path = "services/planner/src/a.ts";
    for (const text of ['import { pay } from "./paid.ts";\n', 'import { payer } from "./pay.ts";\n']) {
      assert.deepEqual(said(exported, { [path]: text }), [deadIn(pay, "pay")]);
    }
  });

  it("lets a type be that names what its own file's functions take", () => {
    assert.deepEqual(
      said("export interface Payment {}\nexport function pay(payment: Payment): void {}\n", {
        "services/planner/src/a.ts": 'import { pay } from "./pay.ts";\n',
      }),
      [],
    );
  });

  describe("through a package's index", () => {
    const index = "packages/payment/src/index.ts";
    const files = {
      "packages/payment/package.json": '{ "name": "@outlayer/payment", "exports": { ".": "./src/index.ts" } }',
      "packages/payment/src/pay.ts": "export const pay = 1;\nexport const refund = 1;\n",
    };
    const importer = { "services/planner/src/a.ts": 'import { pay } from "@outlayer/payment";\n' };

    it("follows what it exports of everything, and asks for each name by itself", () => {
      const tree = treeOf({ ...files, ...importer, [index]: 'export * from "./pay.ts";\n' });
      assert.deepEqual(checkExports(tree), [deadIn("packages/payment/src/pay.ts", "refund")]);
    });

    it("holds a name that the index lists to the same", () => {
      const tree = treeOf({ ...files, ...importer, [index]: 'export { pay, refund } from "./pay.ts";\n' });
      assert.deepEqual(checkExports(tree), [deadIn(index, "refund")]);
    });
  });

  it("lets an export be that lint/exports.txt excepts with a reason, and names a line that is not needed", () => {
    const page = "lint/exports.txt";
    assert.deepEqual(said(exported, { [page]: `# Comment\n${pay} pay: the shop, by its name\n` }), []);
    assert.deepEqual(said(exported, { [page]: `${pay} pay:\n` }), [deadIn(pay, "pay")]);
    assert.deepEqual(said("", { [page]: `${pay} pay: the shop, by its name\n` }), [
      `${page}: ${pay} pay needs no exception`,
    ]);
  });
});
