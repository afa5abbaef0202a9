import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { PrometheusMetrics, type ServiceName, serviceNames, systemPorts } from "@outlayer/kit";
import { containerOf, environmentOf, podOf, secretKeysOf, startWith } from "./environment.ts";
import { documents, type Fields, folderOf, type Manifest, readOverlay, type Value } from "./overlay.ts";

const root = new URL("../../", import.meta.url);

/** What stops within 25 s of SIGTERM: packages/kit/src/run.ts. */
const stopSecs = 25;

/** The arrows of docs/architecture.md between services. */
const arrows: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  gateway: ["evidence", "planner"],
  planner: ["broadcaster", "evidence", "signer-proxy"],
  "signer-proxy": [],
  broadcaster: ["evidence", "signer-proxy"],
  evidence: [],
};

const overlays = ["local", "production"] as const;

describe("the manifests of Kubernetes", () => {
  for (const overlay of overlays) {
    describe(`in ${overlay}`, () => {
      const manifests = readOverlay(`overlays/${overlay}`);
      const named = (kind: string, name: string) => {
        const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
        if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
        return found;
      };

      it("deploy the five services, and nothing else", () => {
        const deployed = manifests.filter(({ kind }) => kind === "Deployment").map(({ metadata }) => metadata.name);
        assert.deepEqual(deployed.toSorted(), serviceNames.toSorted());
      });

      for (const service of serviceNames) {
        const deployment = named("Deployment", service);
        const environment = environmentOf(deployment, manifests);

        it(`start ${service} with all variables that it needs and none that it does not read`, async () => {
          assert.deepEqual(containerOf(deployment).args, [`services/${service}/src/main.ts`]);
          await startWith(deployment, manifests);
        });

        it(`have ${service} call those services that it has arrows to, at ports that they serve`, () => {
          const urls = Object.entries(environment).filter(([name]) =>
            serviceNames.some((each) => name === `${each.toUpperCase().replace("-", "_")}_URL`),
          );
          const scheme = "TLS_CERT_FILE" in environment ? "https" : "http";
          const expected = arrows[service].map((each) => `${scheme}://${each}:9000`);
          assert.deepEqual(urls.map(([, url]) => url).toSorted(), expected.toSorted());
        });

        it(`serve ${service} at the ports that its Service, its probes and its variables name`, () => {
          const container = containerOf(deployment) as unknown as Record<string, Fields>;
          const ports = container.ports as unknown as readonly { name: string; containerPort: number }[];
          const portOf = (name: string) => ports.find((port) => port.name === name)?.containerPort;
          assert.equal(environment.GRPC_BIND_ADDR, `0.0.0.0:${portOf("grpc")}`);
          assert.equal(environment.HTTP_BIND_ADDR, `0.0.0.0:${portOf("health")}`);
          for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
            const path = probe === "readinessProbe" ? "/readyz" : "/livez";
            assert.deepEqual(container[probe]?.httpGet, { path, port: "health" });
          }
          const spec = named("Service", service).spec as unknown as {
            ports: readonly { port: number; targetPort: string }[];
            selector: Fields;
            clusterIP?: string;
          };
          for (const { targetPort } of spec.ports) assert.ok(portOf(targetPort) !== undefined, targetPort);
          assert.deepEqual(spec.selector, { "app.kubernetes.io/name": service });
          if (service === "gateway") {
            assert.equal(environment.BIND_ADDR, `0.0.0.0:${portOf("rest")}`);
          } else {
            assert.deepEqual([spec.clusterIP, spec.ports[0]?.port], ["None", 9000]);
          }
        });

        it(`give ${service} the time that it takes to stop`, () => {
          const { lifecycle } = containerOf(deployment) as unknown as {
            lifecycle: { preStop: { sleep: { seconds: number } } };
          };
          const { seconds } = lifecycle.preStop.sleep;
          const grace = Number(podOf(deployment).terminationGracePeriodSeconds);
          assert.ok(grace > seconds + stopSecs, `${grace} s for ${seconds} s and ${stopSecs} s`);
        });

        it(`let one pod of ${service} be evicted at a time, and one that is not ready always`, () => {
          assert.deepEqual(named("PodDisruptionBudget", service).spec, {
            maxUnavailable: 1,
            unhealthyPodEvictionPolicy: "AlwaysAllow",
            selector: { matchLabels: { "app.kubernetes.io/name": service } },
          });
        });

        it(`run ${service} without rights, and without a token of the API server`, () => {
          assertRestricted(deployment);
          assert.equal(podOf(deployment).serviceAccountName, service);
          assert.equal(named("ServiceAccount", service).automountServiceAccountToken, false);
        });
      }

      it("allow calls between services along the arrows and no others", () => {
        const policies = manifests.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec as Fields);
        for (const from of serviceNames) {
          const mayCall = serviceNames.filter(
            (to) => allows(policies, "egress", from, to) && allows(policies, "ingress", to, from),
          );
          assert.deepEqual(mayCall.toSorted(), arrows[from].toSorted(), from);
        }
      });

      it("deny what no policy names", () => {
        const { spec } = named("NetworkPolicy", "nobody-by-default");
        assert.deepEqual(spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
      });

      it("have the namespace enforce restricted pods", () => {
        const labels = manifests.find(({ kind }) => kind === "Namespace")?.metadata.labels as Fields;
        assert.equal(labels["pod-security.kubernetes.io/enforce"], "restricted");
      });
    });
  }

  describe("in production", () => {
    const manifests = readOverlay("overlays/production");
    const migration = readOverlay("overlays/production/migration");
    const job = migration.find(({ kind }) => kind === "Job") as Manifest;
    const deployments = manifests.filter(({ kind }) => kind === "Deployment");

    it("migrate with all variables that the migration needs and none that it does not read", async () => {
      assert.deepEqual(containerOf(job).args, ["services/evidence/src/migrate.ts"]);
      await startWith(job, migration);
    });

    it("migrate in the namespace of evidence, with its image, and as restricted", () => {
      const evidence = deployments.find(({ metadata }) => metadata.name === "evidence") as Manifest;
      assert.equal(job.metadata.namespace, evidence.metadata.namespace);
      assert.equal(containerOf(job).image, containerOf(evidence).image);
      assertRestricted(job);
    });

    it("let through to the outside what each service needs there, and from the outside its callers", () => {
      const policies = manifests.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec as Fields);
      const through = serviceNames.map((service) => [
        service,
        { to: portsOutside(policies, "egress", service), from: portsOutside(policies, "ingress", service) },
      ]);
      // 53: DNS. 443: NEAR's RPC. 4222: NATS. 8081: the keystore. 27017: MongoDB. 8080: REST. 9000: gRPC. 9100: /metrics.
      assert.deepEqual(Object.fromEntries(through), {
        gateway: { to: [53, 53], from: [8080, 9100] },
        planner: { to: [53, 53], from: [9000, 9100] },
        "signer-proxy": { to: [53, 53, 8081], from: [9100] },
        broadcaster: { to: [53, 53, 443, 4222], from: [9100] },
        evidence: { to: [53, 53, 4222, 27017], from: [9000, 9100] },
      });
    });

    it("have two pods of each service, so that one can go", () => {
      for (const { metadata, spec } of deployments) {
        // The scaler says how many gateways there are.
        const least = metadata.name === "gateway" ? undefined : 2;
        assert.equal((spec as Fields).replicas, least, metadata.name);
      }
    });

    it("order a certificate for each service that callers accept for that service", () => {
      const certificates = manifests.filter(({ kind }) => kind === "Certificate");
      const names = certificates.flatMap(({ spec }) => (spec as unknown as { dnsNames?: string[] }).dnsNames ?? []);
      assert.deepEqual(names.toSorted(), serviceNames.toSorted());
    });

    const taken = Object.fromEntries(
      [...deployments, job].map((each) => [
        each.metadata.name,
        secretKeysOf(each, environmentOf(each, [...manifests, ...migration])),
      ]),
    );

    it("take exactly the secrets that the example for External Secrets brings", () => {
      const brought = documents(folderOf("examples/external-secrets.yaml")).flatMap((each) => {
        const { kind, metadata, spec } = each as Manifest;
        if (kind !== "ExternalSecret") return [];
        const { data } = spec as unknown as { data: readonly { secretKey: string }[] };
        return [[metadata.name, data.map(({ secretKey }) => secretKey).toSorted()] as const];
      });
      assert.deepEqual(Object.fromEntries(brought), taken);
    });

    it("take exactly the secrets that docs/kubernetes.md asks for", () => {
      const page = readFileSync(new URL("docs/kubernetes.md", root), "utf8");
      const rows = page.matchAll(/^\| `([a-z-]+)` \| ((?:`[A-Z_]+`(?:, )?)+) \|$/gm);
      const asked = Array.from(rows, ([, name, keys]) => [
        name,
        String(keys).replaceAll("`", "").split(", ").toSorted(),
      ]);
      assert.deepEqual(Object.fromEntries(asked), taken);
    });

    it("scale by metrics that a service has", async () => {
      const text = await new PrometheusMetrics(systemPorts().clock).text();
      const has = new Set(Array.from(text.matchAll(/^([a-z_]+)/gm), ([, name]) => name));
      const scalers = manifests.filter(({ kind }) => kind === "ScaledObject");
      assert.deepEqual(
        scalers.map(({ metadata }) => metadata.name),
        ["gateway"],
      );
      for (const { spec } of scalers) {
        const { triggers } = spec as unknown as { triggers: readonly { metadata: { query: string } }[] };
        for (const { metadata } of triggers) {
          const names = Array.from(metadata.query.matchAll(/([a-z_]+)\{/g), ([, name]) => String(name));
          assert.notEqual(names.length, 0);
          for (const name of names) assert.ok(has.has(name), `there is no metric ${name}`);
        }
      }
    });
  });

  it("start Node with the options that docs/operator.md has measured, which Node takes", () => {
    const options = "--max-semi-space-size=4 --max-old-space-size=192";
    assert.ok(readFileSync(new URL("docs/operator.md", root), "utf8").includes(options));
    for (const overlay of overlays) {
      const manifests = readOverlay(`overlays/${overlay}`);
      for (const manifest of manifests.filter(({ kind }) => kind === "Deployment")) {
        assert.equal(environmentOf(manifest, manifests).NODE_OPTIONS, options);
      }
    }
    const { status, stderr } = spawnSync(process.execPath, ["-e", ""], { env: { NODE_OPTIONS: options } });
    assert.equal(status, 0, String(stderr));
  });
});

/** Whether policies let a pod of one service send to, or be called by, a pod of another on its port of gRPC. */
function allows(policies: readonly Fields[], direction: "ingress" | "egress", of: string, other: string): boolean {
  const isOf = (selector: Value | undefined, service: string) => selects(selector as Fields, service);
  return policies
    .filter(({ podSelector }) => isOf(podSelector, of))
    .flatMap((policy) => (policy[direction] ?? []) as unknown as Fields[])
    .some((rule) => {
      const ends = (rule[direction === "ingress" ? "from" : "to"] ?? []) as unknown as Fields[];
      const ports = rule.ports as unknown as readonly { port: number }[];
      const isPort = ports === undefined || ports.some(({ port }) => port === 9000);
      // Without an end anybody is meant; an end in another namespace is no service of ours.
      const isEnd = ends.length === 0 || ends.some((end) => !end.namespaceSelector && isOf(end.podSelector, other));
      return isPort && isEnd;
    });
}

/** Ports that policies open between a service's pods and what is in no pod of the namespace. */
function portsOutside(policies: readonly Fields[], direction: "ingress" | "egress", of: string): readonly number[] {
  return policies
    .filter(({ podSelector }) => selects(podSelector as Fields, of))
    .flatMap((policy) => (policy[direction] ?? []) as unknown as Fields[])
    .filter((rule) => {
      const ends = (rule[direction === "ingress" ? "from" : "to"] ?? []) as unknown as Fields[];
      return ends.length === 0 || ends.some(({ namespaceSelector, ipBlock }) => namespaceSelector || ipBlock);
    })
    .flatMap(({ ports }) => (ports as unknown as readonly { port: number }[]).map(({ port }) => port))
    .toSorted((a, b) => a - b);
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

function selects(selector: Fields | undefined, service: string): boolean {
  if (selector === undefined) return false;
  const name = (selector.matchLabels as Fields | undefined)?.["app.kubernetes.io/name"];
  const expressions = (selector.matchExpressions ?? []) as unknown as readonly Expression[];
  return (name ?? service) === service && expressions.every(({ values }) => values.includes(service));
}

function assertRestricted(manifest: Manifest): void {
  const pod = podOf(manifest);
  const { runAsNonRoot, seccompProfile, runAsUser } = pod.securityContext as Fields;
  assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: "RuntimeDefault" }]);
  assert.notEqual(runAsUser, 0);
  assert.deepEqual([pod.automountServiceAccountToken, pod.enableServiceLinks], [false, false]);
  assert.deepEqual(containerOf(manifest).securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
}
