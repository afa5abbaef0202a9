import fc from "fast-check";
import type { Attack } from "../attack.ts";
import type { AttackWorld, Json, RestAnswer } from "../attack-world.ts";
import { type Components, type Schema, textsOf, valuesOf } from "../fuzz/json-schema.ts";
import { anyId } from "./steps.ts";

const as = "hostile-fuzz";
const runs = 25;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body: Schema | undefined;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Schema;
    readonly required: boolean;
  }[];
  /** Codes that the document names. */
  readonly documented: ReadonlySet<string>;
}

let known: { readonly operations: readonly Operation[]; readonly components: Components } | undefined;

export const fuzzRest: Attack = {
  name: "fuzz-rest",
  tries: "makes requests by the OpenAPI document, most of them almost right",
  everyMs: 3_000,
  refusals: ["200", "202", "204", "400", "401", "403", "404", "405", "409", "413", "415", "429", "431", "503"],
  async round(world) {
    known ??= await described(world);
    const operation = world.dice.pick(known.operations);
    const requests = requestsOf(operation, known.components);
    const property = fc.asyncProperty(requests, async ({ path, headers, body }) => {
      if (world.isOver) return;
      const answer = await world.rest({ path, method: operation.method, as, headers, body });
      const wrong = wrongIn(answer, operation);
      if (wrong !== undefined) throw new Error(wrong);
    });
    const seed = world.dice.next() | 0;
    const found = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: 20_000 });
    if (!found.failed || found.counterexample === null) return;
    const [request] = found.counterexample;
    const error = String((found as { errorInstance?: unknown }).errorInstance);
    world.gotThrough(
      `${operation.method} ${operation.path}, fast-check seed ${seed} path ${found.counterexamplePath}: ${error}: ${JSON.stringify(request).slice(0, 400)}`,
    );
  },
};

/** What an answer must not be, whatever was asked. */
function wrongIn(answer: RestAnswer, { documented }: Operation): string | undefined {
  const { status, body, text, lost } = answer;
  // One that comes too late is counted, and is no refusal.
  if (status === undefined) return lost === "timeout" ? undefined : `no answer: ${lost}`;
  if (!documented.has(String(status))) return `${status} is not documented`;
  if (status < 400) return undefined;
  if (typeof body?.message !== "string" || body.message !== body.error) return `${status} without a message`;
  if (body.status !== status && typeof body.status !== "string") return `${status} says that it is ${body.status}`;
  return /\n\s+at |node_modules|file:\/\//.test(text) ? "a stack trace went out" : undefined;
}

async function described(world: AttackWorld): Promise<NonNullable<typeof known>> {
  let document: Json;
  // The product may be busy with what the others do.
  while (document?.components === undefined) document = (await world.rest({ path: "/openapi.json" })).body;
  const { schemas, parameters } = document.components;
  const resolved = (parameter: Json) =>
    parameter.$ref === undefined ? parameter : parameters[parameter.$ref.slice(parameter.$ref.lastIndexOf("/") + 1)];
  const operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(
      ([method, one]): Operation => ({
        method: method.toUpperCase(),
        path,
        body: one.requestBody?.content["application/json"]?.schema,
        parameters: (one.parameters ?? []).map(resolved),
        // Any of them can meet what stands before the operations: too many requests, or one that cannot be read.
        documented: new Set([...Object.keys(one.responses), "400", "404", "429"]),
      }),
    ),
  );
  return { operations, components: schemas };
}

interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

function requestsOf({ path, method, body, parameters }: Operation, components: Components): fc.Arbitrary<Request> {
  const values = fc.record(
    Object.fromEntries(parameters.map(({ name, schema }) => [name, valuesOf(schema, components).map(textOf)])),
    { requiredKeys: parameters.filter(({ in: place }) => place === "path").map(({ name }) => name) },
  ) as fc.Arbitrary<Readonly<Record<string, string>>>;
  const texts = body === undefined ? fc.constant(undefined) : textsOf(valuesOf(body, components));
  return fc.tuple(values, texts).map(([given, text]) => {
    const of = (place: string) =>
      parameters
        .filter((one) => one.in === place)
        .flatMap(({ name }) => {
          const value = given[name];
          return value === undefined ? [] : [[name, value] as const];
        });
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => pathPart(given[name]));
    const query = new URLSearchParams(
      [...of("query")].map(([name, value]): [string, string] => [name, value]),
    ).toString();
    return {
      path: query === "" ? filled : `${filled}?${query}`,
      headers: {
        ...(method === "GET" ? {} : { prefer: "wait=0" }),
        // What a client cannot send is no test of a server.
        ...Object.fromEntries(of("header").map(([name, value]) => [name, value.replace(/[^\t -~]/g, "?")])),
      },
      body: text,
    };
  });
}

/** Some values that are no text have a `toString` of their own making, or none. */
function textOf(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** One part of a path: never a dot alone, which a client takes out. */
function pathPart(value: string | undefined): string {
  const part = encodeURIComponent((value ?? "").replace(/[\ud800-\udfff]/g, "?")).replace(/^\.+$/, "x");
  return part === "" ? anyId({ next: () => 7 }) : part;
}
