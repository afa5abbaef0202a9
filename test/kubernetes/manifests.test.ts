import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { PrometheusMetrics, type ServiceName, serviceNames, systemPorts } from "@outlayer/kit";
import { containerOf, environmentOf, mounts, podLabelsOf, podOf, secretKeysOf, startWith } from "./environment.ts";
import { allows, type Labels, outsideOf, selects } from "./network-policies.ts";
import { documents, type Fields, folderOf, type Manifest, readOverlay } from "./overlay.ts";

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

const inNamespace = (name: string) => `kubernetes.io/metadata.name=${name}`;
const dns = ["TCP 53", "UDP 53"].map((port) => `${inNamespace("kube-system")} k8s-app=kube-dns, ${port}`);
const grpc = "outlayer-grpc-caller=true, TCP 9000";

const migration = readOverlay("overlays/production/migration");
const migrationJob = migration.find(({ kind }) => kind === "Job") as Manifest;

describe("the manifests of Kubernetes", () => {
  for (const overlay of overlays) {
    describe(`in ${overlay}`, () => {
      const manifests = readOverlay(`overlays/${overlay}`);
      const workloads = [...manifests.filter(({ kind }) => kind === "Deployment"), migrationJob];
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

        it(`give ${service} files of its own secrets that it can read, and of no other's`, () => {
          const own = { path: "/etc/outlayer/secrets", secretName: service, mode: 0o440 };
          const tls = { path: "/etc/outlayer/tls", secretName: `${service}-tls`, mode: 0o440 };
          assert.deepEqual(mounts(deployment), "TLS_CERT_FILE" in environment ? [own, tls] : [own]);
          assertInGroupOfFiles(deployment);
        });

        it(`have what is meant for ${service} select its pods and nobody else's`, () => {
          const { spec: service_ } = named("Service", service) as unknown as { spec: { selector: Labels } };
          const selectors = {
            Deployment: (deployment.spec as Fields).selector,
            Service: { matchLabels: service_.selector },
            PodDisruptionBudget: (named("PodDisruptionBudget", service).spec as Fields).selector,
            NetworkPolicy: (named("NetworkPolicy", service).spec as Fields).podSelector,
          };
          for (const [kind, selector] of Object.entries(selectors)) {
            const selected = workloads.filter((each) => selects(selector, podLabelsOf(each)));
            assert.deepEqual(
              selected.map(({ metadata }) => metadata.name),
              [service],
              kind,
            );
          }
        });

        it(`run ${service} without rights, and without a token of the API server`, () => {
          assertRestricted(deployment);
          assert.equal(podOf(deployment).serviceAccountName, service);
          assert.equal(named("ServiceAccount", service).automountServiceAccountToken, false);
        });
      }

      it("allow calls between services along the arrows and no others", () => {
        const labelsOf = (service: ServiceName) => podLabelsOf(named("Deployment", service));
        for (const from of serviceNames) {
          const mayCall = serviceNames.filter((to) => {
            const [caller, called] = [labelsOf(from), labelsOf(to)];
            const isSent = allows(manifests, "egress", [caller, called], 9000);
            return isSent && allows(manifests, "ingress", [called, caller], 9000);
          });
          assert.deepEqual(mayCall.toSorted(), arrows[from].toSorted(), from);
        }
      });

      it("deny what no policy names", () => {
        const { spec } = named("NetworkPolicy", "nobody-by-default");
        assert.deepEqual(spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
      });

      it("put everything into one namespace, in whichever order kustomize goes", () => {
        const [namespace] = manifests.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name);
        assert.ok(namespace !== undefined);
        for (const { kind, metadata } of manifests) {
          if (kind !== "Namespace") assert.equal(metadata.namespace, namespace, `${kind} ${metadata.name}`);
        }
        const byName = (of: readonly Manifest[]) =>
          new Map(of.map((each) => [`${each.kind} ${each.metadata.name}`, each]));
        assert.deepEqual(byName(readOverlay(`overlays/${overlay}`, "generators")), byName(manifests));
      });

      it("have the namespace enforce restricted pods", () => {
        const labels = manifests.find(({ kind }) => kind === "Namespace")?.metadata.labels as Fields;
        assert.equal(labels["pod-security.kubernetes.io/enforce"], "restricted");
      });
    });
  }

  describe("in production", () => {
    const manifests = readOverlay("overlays/production");
    const job = migrationJob;
    const deployments = manifests.filter(({ kind }) => kind === "Deployment");

    it("migrate with all variables that the migration needs and none that it does not read", async () => {
      assert.deepEqual(containerOf(job).args, ["services/evidence/src/migrate.ts"]);
      await startWith(job, migration);
    });

    it("migrate in the namespace of evidence, with its image, and as restricted", () => {
      const evidence = deployments.find(({ metadata }) => metadata.name === "evidence") as Manifest;
      for (const { metadata } of migration) assert.equal(metadata.namespace, evidence.metadata.namespace);
      assert.equal(containerOf(job).image, containerOf(evidence).image);
      assertRestricted(job);
      const own = { path: "/etc/outlayer/secrets", secretName: "evidence-migration", mode: 0o440 };
      assert.deepEqual(mounts(job), [own]);
      assertInGroupOfFiles(job);
    });

    it("let through to the outside what each service needs there, and from the outside its callers", () => {
      const prometheus = `${inNamespace("monitoring")} app.kubernetes.io/name=prometheus, TCP 9100`;
      const mongodb = `${inNamespace("mongodb")}, TCP 27017`;
      const nats = `${inNamespace("nats")}, TCP 4222`;
      const keystore = `${inNamespace("keystore")}, TCP 8081`;
      const notPublic = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
      const near = `${["0.0.0.0/0", ...notPublic].join(" not ")}, TCP 443`;
      // The migration comes before the namespace's other policies, and beside them later.
      assert.deepEqual(outsideEndsOf([...deployments, job], [...manifests, ...migration]), {
        gateway: { to: dns, from: ["anybody, TCP 8080", prometheus] },
        planner: { to: dns, from: [prometheus, grpc] },
        "signer-proxy": { to: [keystore, ...dns].toSorted(), from: [prometheus] },
        broadcaster: { to: [near, nats, ...dns].toSorted(), from: [prometheus] },
        evidence: { to: [mongodb, nats, ...dns].toSorted(), from: [prometheus, grpc] },
        "evidence-migration": { to: [mongodb, ...dns].toSorted(), from: [prometheus] },
      });
      const alone = outsideOf(migration, "egress", podLabelsOf(job));
      assert.deepEqual(alone, [mongodb, ...dns].toSorted());
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
      const ordered = certificates.flatMap(({ spec }) => {
        const { secretName, dnsNames } = spec as unknown as { secretName: string; dnsNames?: readonly string[] };
        return dnsNames === undefined ? [] : [[secretName, dnsNames] as const];
      });
      const expected = serviceNames.map((service) => [`${service}-tls`, [service]] as const);
      assert.deepEqual(Object.fromEntries(ordered), Object.fromEntries(expected));
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

    it("have Prometheus scrape the clear port of each service's pods", () => {
      const [monitor, ...others] = manifests.filter(({ kind }) => kind === "PodMonitor");
      assert.deepEqual(others, []);
      const { selector, podMetricsEndpoints, namespaceSelector } = (monitor as Manifest).spec as Fields;
      // Without a selector of namespaces: those of its own.
      assert.equal(namespaceSelector, undefined);
      const [{ port, path }] = podMetricsEndpoints as unknown as readonly [Fields];
      assert.equal(path, "/metrics");
      for (const deployment of deployments) {
        assert.ok(selects(selector, podLabelsOf(deployment)), deployment.metadata.name);
        const ports = containerOf(deployment).ports as unknown as readonly { name: string; containerPort: number }[];
        assert.equal(ports.find(({ name }) => name === port)?.containerPort, 9100);
      }
    });

    it("scale by metrics that a service has, of the pods that are scaled", async () => {
      const text = await new PrometheusMetrics(systemPorts().clock).text();
      const has = new Set(Array.from(text.matchAll(/^([a-z_]+)/gm), ([, name]) => name));
      const scalers = manifests.filter(({ kind }) => kind === "ScaledObject");
      assert.deepEqual(
        scalers.map(({ metadata }) => metadata.name),
        ["gateway"],
      );
      for (const { spec } of scalers) {
        const { triggers, scaleTargetRef } = spec as unknown as {
          triggers: readonly { metadata: { query: string } }[];
          scaleTargetRef: Fields;
        };
        const scaled = deployments.find(({ metadata }) => metadata.name === scaleTargetRef.name) as Manifest;
        // The operator of Prometheus names the job by this label of the pods, and the namespace by where they are.
        const { spec: monitor } = manifests.find(({ kind }) => kind === "PodMonitor") as Manifest;
        const jobLabel = String((monitor as Fields).jobLabel);
        for (const { metadata } of triggers) {
          const names = Array.from(metadata.query.matchAll(/([a-z_]+)\{/g), ([, name]) => String(name));
          assert.notEqual(names.length, 0);
          for (const name of names) assert.ok(has.has(name), `there is no metric ${name}`);
          const [, labels = ""] = /\{(.*)\}/.exec(metadata.query) ?? [];
          assert.equal(labels, `namespace="${scaled.metadata.namespace}",job="${podLabelsOf(scaled)[jobLabel]}"`);
        }
      }
    });
  });

  it("let through to the outside on one machine what each service needs there, and its callers", () => {
    const manifests = readOverlay("overlays/local");
    const deployments = manifests.filter(({ kind }) => kind === "Deployment");
    const devnet = (port: number) => `${inNamespace("devnet")}, TCP ${port}`;
    assert.deepEqual(outsideEndsOf(deployments, manifests), {
      gateway: { to: dns, from: ["anybody, TCP 8080"] },
      planner: { to: dns, from: [grpc] },
      "signer-proxy": { to: [devnet(8081), ...dns].toSorted(), from: [] },
      broadcaster: { to: [devnet(3030), ...dns].toSorted(), from: [] },
      evidence: { to: dns, from: [grpc] },
    });
  });

  it("give evidence a directory for SQLite's temporary files, beside the one of its file", () => {
    const evidence = readOverlay("overlays/local").find(
      ({ kind, metadata }) => kind === "Deployment" && metadata.name === "evidence",
    ) as Manifest;
    const volumes = podOf(evidence).volumes as unknown as readonly Fields[];
    const writable = containerOf(evidence).volumeMounts.flatMap(({ name, mountPath }) => {
      const volume = volumes.find((each) => each.name === name);
      return volume?.emptyDir || volume?.persistentVolumeClaim ? [mountPath] : [];
    });
    assert.deepEqual(writable.toSorted(), ["/tmp", "/var/lib/outlayer"]);
  });

  it("are tested by selectors that are known, and refuse others", () => {
    const labels = { "app.kubernetes.io/name": "planner", "app.kubernetes.io/part-of": "outlayer" };
    assert.ok(selects({}, labels));
    assert.ok(!selects({ matchLabels: { "app.kubernetes.io/nam": "planner" } }, labels));
    const expression = { key: "app.kubernetes.io/name", operator: "In", values: ["planner"] };
    assert.ok(selects({ matchExpressions: [expression] }, labels));
    assert.ok(!selects({ matchExpressions: [{ ...expression, key: "name" }] }, labels));
    assert.throws(() => selects({ matchExpressions: [{ ...expression, operator: "NotIn" }] }, labels), /NotIn/);
    assert.throws(() => selects({ matchLabel: {} }, labels), /matchLabel of a selector/);
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

/** By workload: who is not in the namespace and may be talked to by its pods, or talk to them. */
function outsideEndsOf(workloads: readonly Manifest[], policies: readonly Manifest[]) {
  const ends = workloads.map((each) => {
    const [to, from] = (["egress", "ingress"] as const).map((way) => outsideOf(policies, way, podLabelsOf(each)));
    return [each.metadata.name, { to: [...new Set(to)], from }];
  });
  return Object.fromEntries(ends);
}

/** Files of Secrets are root's, and of the group that the pod names. */
function assertInGroupOfFiles(manifest: Manifest): void {
  const { fsGroup } = podOf(manifest).securityContext as Fields;
  assert.ok(Number(fsGroup) > 0, "nobody but root could read the secrets");
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
