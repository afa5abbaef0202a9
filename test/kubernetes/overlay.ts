import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

/** A value of a manifest. */
export type Value = string | number | boolean | null | readonly Value[] | Fields;

export interface Fields {
  readonly [name: string]: Value;
}

export interface Manifest extends Fields {
  readonly kind: string;
  readonly metadata: Fields & { readonly name: string };
}

interface Kustomization {
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly {
    readonly path?: string;
    readonly patch?: string;
    readonly target?: { readonly kind: string; readonly name?: string };
  }[];
  readonly images?: readonly { readonly name: string; readonly newTag: string }[];
  readonly labels?: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly envs: readonly string[] }[];
}

/** A folder of `deploy/k8s`. */
export const folderOf = (path: string) => fileURLToPath(new URL(`../../deploy/k8s/${path}`, import.meta.url));

/** What comes first: components in kubectl's kustomize up to 1.30 (5.0), ConfigMaps that are generated since then. */
export type Order = "components" | "generators";

/**
 * What kustomize makes of a folder of `deploy/k8s`, without kustomize: as much of it as our kustomizations use. Generated
 * ConfigMaps keep their names, without a hash.
 * @throws Error at a field of a kustomization that it does not know
 */
export function readOverlay(path: string, first: Order = "components"): readonly Manifest[] {
  return built([], folderOf(path), first);
}

/** Manifests with a component of `deploy/k8s` over them. */
export function withComponent(manifests: readonly Manifest[], path: string): readonly Manifest[] {
  return built(manifests, folderOf(path), "components");
}

const known = ["namespace", "resources", "components", "patches", "images", "labels", "configMapGenerator"];

function built(before: readonly Manifest[], folder: string, first: Order): readonly Manifest[] {
  const kustomization = one(join(folder, "kustomization.yaml")) as unknown as Kustomization & Fields;
  for (const field of Object.keys(kustomization)) {
    if (!["apiVersion", "kind", ...known].includes(field)) throw new Error(`${folder}: ${field} is not known here`);
  }
  const { resources = [], components = [], patches = [], images = [], labels = [], namespace } = kustomization;
  let manifests = [...before];
  for (const resource of resources) {
    const path = join(folder, resource);
    manifests.push(...(resource.endsWith(".yaml") ? (documents(path) as Manifest[]) : built([], path, first)));
  }
  const generated = (kustomization.configMapGenerator ?? []).map(({ name, envs }): Manifest => {
    const data = Object.assign({}, ...envs.map((each) => settings(join(folder, each))));
    return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
  });
  if (first === "generators") manifests.push(...generated);
  for (const component of components) manifests = [...built(manifests, join(folder, component), first)];
  if (first === "components") manifests.push(...generated);
  for (const { path, patch, target } of patches) {
    const change = path === undefined ? parsed(patch ?? "")[0] : one(join(folder, path));
    const { kind, name } = target ?? { kind: (change as Manifest).kind, name: (change as Manifest).metadata.name };
    const isMeant = (manifest: Manifest) =>
      manifest.kind === kind && (name === undefined || manifest.metadata.name === name);
    if (!manifests.some(isMeant)) throw new Error(`${folder}: a patch is for nothing`);
    manifests = manifests.map((manifest) => (isMeant(manifest) ? patched(manifest, change as Value) : manifest));
  }
  const pairs = Object.assign({}, ...labels.map((each) => each.pairs));
  return manifests.map((manifest) => inPlace(labelled(tagged(manifest, images), pairs), namespace));
}

/** A strategic merge patch, or the removals of a JSON patch. */
function patched(manifest: Manifest, change: Value): Manifest {
  if (!Array.isArray(change)) {
    const { metadata, ...rest } = change as Manifest;
    return merged(manifest, { ...rest, metadata: { ...metadata, name: manifest.metadata.name } }) as Manifest;
  }
  let result = manifest;
  for (const operation of change as readonly Fields[]) {
    const [, first = "", second = ""] = String(operation.path).split("/");
    const { [second]: removed, ...rest } = result[first] as Record<string, Value>;
    if (operation.op !== "remove" || removed === undefined)
      throw new Error(`cannot apply ${JSON.stringify(operation)}`);
    result = { ...result, [first]: rest };
  }
  return result;
}

/** By which field the items of a list are told apart; other lists are replaced. */
const keys: Readonly<Record<string, string>> = {
  containers: "name",
  env: "name",
  volumes: "name",
  ports: "containerPort",
  volumeMounts: "mountPath",
};

function merged(before: Value | undefined, change: Value, field = ""): Value {
  const key = keys[field];
  if (Array.isArray(before) && Array.isArray(change) && key !== undefined) {
    const changes = change as readonly Fields[];
    const kept = (before as readonly Fields[]).flatMap((item) => {
      const found = changes.find((each) => each[key] === item[key]);
      if (found === undefined) return [item];
      return found.$patch === "delete" ? [] : [merged(item, found)];
    });
    const isNew = (item: Fields) => !(before as readonly Fields[]).some((each) => each[key] === item[key]);
    return [...kept, ...changes.filter((item) => isNew(item) && item.$patch !== "delete")];
  }
  if (!isFields(before) || !isFields(change)) return change;
  const entries = Object.entries(change).map(([name, value]) => [name, merged(before[name], value, name)] as const);
  const all = { ...before, ...Object.fromEntries(entries) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

function tagged(manifest: Manifest, images: Kustomization["images"] = []): Manifest {
  return replaced(manifest, (name, value) => {
    const image = name === "image" ? images.find((each) => each.name === value) : undefined;
    return image === undefined ? value : `${image.name}:${image.newTag}`;
  }) as Manifest;
}

function replaced(value: Value, change: (name: string, value: string) => string, name = ""): Value {
  if (typeof value === "string") return change(name, value);
  if (Array.isArray(value)) return value.map((item) => replaced(item, change, name));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, replaced(each, change, field)]));
}

function labelled(manifest: Manifest, pairs: Readonly<Record<string, string>>): Manifest {
  if (Object.keys(pairs).length === 0) return manifest;
  const labels = { metadata: { labels: pairs } };
  const isTemplated = isFields((manifest.spec as Fields | undefined)?.template);
  return merged(manifest, isTemplated ? { ...labels, spec: { template: labels } } : labels) as Manifest;
}

function inPlace(manifest: Manifest, namespace: string | undefined): Manifest {
  if (namespace === undefined || manifest.kind === "Namespace") return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

function isFields(value: Value | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function settings(path: string): Readonly<Record<string, string>> {
  const lines = readFileSync(path, "utf8").split("\n");
  const pairs = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(pairs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

function one(path: string): Fields {
  const [first, ...more] = documents(path);
  if (first === undefined || more.length > 0) throw new Error(`${path} must hold one document`);
  return first as Fields;
}

/** The documents of a file. */
export function documents(path: string): readonly Fields[] {
  return parsed(readFileSync(path, "utf8")) as readonly Fields[];
}

/** @throws Error at what is no YAML, or has a key twice */
function parsed(text: string): readonly Value[] {
  return parseAllDocuments(text, { version: "1.1" }).map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return document.toJS() as Value;
  });
}
