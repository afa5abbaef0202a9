import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigReader, type Environment, serviceNames } from "@outlayer/kit";
import { issue, newAuthority } from "../../packages/kit/test/support/certificates.ts";
import { readMigrateConfig } from "../../services/evidence/src/config.ts";
import { serviceConfigs, watched } from "../support/service-configuration.ts";
import type { Labels } from "./network-policies.ts";
import type { Fields, Manifest } from "./overlay.ts";

/** The programs that the manifests start, by the container's argument, with what reads each one's configuration. */
const programs: Readonly<Record<string, (reader: ConfigReader) => unknown>> = {
  ...Object.fromEntries(serviceNames.map((name) => [`services/${name}/src/main.ts`, serviceConfigs[name]])),
  "services/evidence/src/migrate.ts": readMigrateConfig,
};

const operatorKey = "ed25519:3tHLSGq8EWFaKfZAFFTU9M1wyjrn8XWR1RrmJHSg7HgiMauDofvHE6tP1E6odKgaCKxvQ5GaMZnZnbza1zxnUXKY";

/** Contents of the Secrets that an operator brings, by key. */
const secrets: Readonly<Record<string, string>> = {
  INTERNAL_WALLET_AUTH_TOKEN: "internal-token-0123456789abcdef012345",
  WALLET_API_KEYS_JSON: "{}",
  SERVICE_TOKEN: "service-token-0123456789abcdef0123456",
  GRANT_SECRET: "grant-secret-0123456789abcdef01234567",
  USAGE_SECRET: "usage-secret-0123456789abcdef01234567",
  KEYSTORE_AUTH_TOKEN: "keystore-token",
  RELAYER_SECRET_KEY: operatorKey,
  APPROVER_SECRET_KEY: operatorKey,
  NEAR_RPC_URL: "https://rpc.example/key",
  NATS_URL: "nats://user:nats-password@nats.nats",
  DATABASE_URL: "mongodb://user:database-password@mongodb.mongodb/evidence?replicaSet=rs0",
};

interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes?: readonly Volume[];
}

export interface Container extends Fields {
  readonly args: readonly [string];
  readonly env: readonly Variable[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Variable extends Fields {
  readonly name: string;
  readonly value: string;
}

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly defaultMode?: number };
  readonly configMap?: { readonly name: string };
}

/** A Secret where a container finds it. */
export interface Mount {
  readonly path: string;
  readonly secretName: string;
  /** Rights of its files, which are root's and the group's of the pod's `fsGroup`. */
  readonly mode: number | undefined;
}

/** The pods' specification of a Deployment or a Job. */
export function podOf(manifest: Manifest): PodSpec & Fields {
  const { template } = manifest.spec as unknown as { template: { spec: PodSpec & Fields } };
  return template.spec;
}

/** The labels of a Deployment's or a Job's pods. */
export function podLabelsOf(manifest: Manifest): Labels {
  const { template } = manifest.spec as unknown as { template: { metadata: { labels: Labels } } };
  return template.metadata.labels;
}

export function containerOf(manifest: Manifest): Container {
  return podOf(manifest).containers[0];
}

/** The environment of a Deployment's or a Job's container: its own variables over those of its ConfigMap. */
export function environmentOf(manifest: Manifest, manifests: readonly Manifest[]): Readonly<Record<string, string>> {
  const { env, envFrom = [] } = containerOf(manifest);
  const settings = envFrom.map(({ configMapRef: { name } }) => configMap(name, manifest, manifests));
  const own = env.map(({ name, value }) => [name, value] as const);
  assert.equal(new Set(own.map(([name]) => name)).size, own.length, "a variable is set twice");
  return Object.assign({}, ...settings, Object.fromEntries(own));
}

function configMap(name: string, of: Manifest, manifests: readonly Manifest[]): Readonly<Record<string, string>> {
  const map = manifests.find((each) => each.kind === "ConfigMap" && each.metadata.name === name);
  if (map === undefined) throw new Error(`${of.metadata.name}: there is no ConfigMap ${name}`);
  return map.data as Readonly<Record<string, string>>;
}

/** The files of the ConfigMaps that a container has, by their paths. */
export function settingsFiles(manifest: Manifest, manifests: readonly Manifest[]): ReadonlyMap<string, string> {
  const { volumes = [], containers } = podOf(manifest);
  const files = containers[0].volumeMounts.flatMap(({ name, mountPath }) => {
    const map = volumes.find((volume) => volume.name === name)?.configMap;
    const data = map === undefined ? {} : configMap(map.name, manifest, manifests);
    return Object.entries(data).map(([key, text]) => [`${mountPath}/${key}`, text] as const);
  });
  return new Map(files);
}

/** Keys of the Secret of a pod's own that its variables name files of. */
export function secretKeysOf(manifest: Manifest, environment: Environment): readonly string[] {
  const mounted = mounts(manifest).find(({ secretName }) => !secretName.endsWith("-tls"));
  const prefix = `${mounted?.path}/`;
  const files = Object.values(environment).filter((value) => value?.startsWith(prefix));
  return files.map((file) => String(file).slice(prefix.length)).toSorted();
}

/** The Secrets that a Deployment's or a Job's container has. */
export function mounts(manifest: Manifest): readonly Mount[] {
  const { volumes = [], containers } = podOf(manifest);
  return containers[0].volumeMounts.flatMap(({ name, mountPath }) => {
    const secret = volumes.find((volume) => volume.name === name)?.secret;
    return secret === undefined ? [] : [{ path: mountPath, secretName: secret.secretName, mode: secret.defaultMode }];
  });
}

/** Whether a variable is Node's own, which no service reads. */
const isOfNode = (name: string) => name === "NODE_OPTIONS";

/** Paths of files, also within JSON. */
const paths = /(?<=^|")\/etc\//g;

/**
 * Reads a container's environment as its program does at its start, with the files that its volumes bring: Secrets with the
 * keys that an operator has to bring (`more` beside the usual ones), and certificates as the manifests order them.
 * @throws ConfigError, and AssertionError for a variable that the program does not read
 */
export async function startWith(
  manifest: Manifest,
  manifests: readonly Manifest[],
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "manifests-"));
  try {
    for (const { path, secretName } of mounts(manifest)) {
      mkdirSync(join(root, path), { recursive: true });
      const contents = { ...more, ...(await contentsOf(secretName, manifests)) };
      for (const [key, text] of Object.entries(contents)) writeFileSync(join(root, path, key), text);
    }
    const inRoot = (text: string) => text.replaceAll(paths, `${root}/etc/`);
    for (const [path, text] of settingsFiles(manifest, manifests)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), inRoot(text));
    }
    const environment = environmentOf(manifest, manifests);
    const placed = Object.entries(environment).map(([name, value]) => [name, inRoot(value)] as const);
    const { environment: given, asked } = watched(Object.fromEntries(placed));
    const [program] = containerOf(manifest).args;
    const read = programs[program];
    if (read === undefined) throw new Error(`${manifest.metadata.name} starts ${program}, which is no program`);
    read(new ConfigReader(given));
    const unread = Object.keys(environment).filter((name) => !asked.has(name) && !isOfNode(name));
    assert.deepEqual(unread, [], `${program} does not read them`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** What is in a Secret: of a Certificate, what cert-manager puts there; of others, what the page for operators asks for. */
async function contentsOf(
  secretName: string,
  manifests: readonly Manifest[],
): Promise<Readonly<Record<string, string>>> {
  const certificate = manifests.find(
    ({ kind, spec }) => kind === "Certificate" && (spec as Fields).secretName === secretName,
  );
  if (certificate === undefined) return secrets;
  const { dnsNames } = certificate.spec as unknown as { dnsNames: readonly string[] };
  const { cert, key, ca } = await issue(await newAuthority(), dnsNames);
  return { "tls.crt": cert, "tls.key": key, "ca.crt": ca };
}
