import type { ServiceImpl, Transport } from "@connectrpc/connect";
import { areSameGates, workLogFields } from "@outlayer/access";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import {
  type Bus,
  type HttpPost,
  jittered,
  type Logger,
  type Metrics,
  type NatsClient,
  noMetrics,
  notFound,
  type Ports,
  Reread,
  type Service,
} from "@outlayer/kit";
import { directUserCalls, directUserPartitions, gatePartition } from "@outlayer/workflow";
import { EvidenceClient } from "./adapters/evidence/evidence-client.ts";
import { Archive } from "./adapters/near/archive.ts";
import { RpcClient } from "./adapters/near/rpc-client.ts";
import { RpcNearNode } from "./adapters/near/rpc-near-node.ts";
import { SignerClient } from "./adapters/signer-proxy/signer-client.ts";
import { callers } from "./callers.ts";
import type { BroadcasterConfig } from "./config.ts";
import type { EvidenceLog, HeldLease } from "./core/ports/evidence-log.ts";
import { shareTimes } from "./core/term/share.ts";
import type { OperatedGate } from "./gates.ts";
import { countHandOvers, endsOf, showState } from "./metrics.ts";
import { getAccount } from "./rpc/get-account.ts";
import { getDirectUserKey } from "./rpc/get-direct-user-key.ts";
import { GateFacts } from "./rpc/get-gate-facts.ts";
import { getPayloadFacts } from "./rpc/get-payload-facts.ts";
import { listPartitions } from "./rpc/list-partitions.ts";
import { preflight } from "./rpc/preflight.ts";
import { PreflightLine } from "./rpc/preflight-line.ts";
import { Follower } from "./shell/chain/follower.ts";
import { SaltReader } from "./shell/chain/salt-reader.ts";
import { KeyRing } from "./shell/chain/signing-key.ts";
import { ValidityPeriod } from "./shell/chain/validity-period.ts";
import { ForeignViews } from "./shell/checks/foreign-views.ts";
import { Commitments } from "./shell/gate/commitments.ts";
import { GateReader } from "./shell/gate/gate-reader.ts";
import { OwnDelegates } from "./shell/gate/own-delegates.ts";
import { TailReader } from "./shell/gate/tail-reader.ts";
import { policyPlaces } from "./shell/policy/policy-line.ts";
import { HandOvers } from "./shell/term/hand-overs.ts";
import { LeaseKeeper, type Term } from "./shell/term/lease-keeper.ts";
import { OpenLists } from "./shell/term/open-lists.ts";
import { Presence } from "./shell/term/presence.ts";
import { ServedGates } from "./shell/term/served-gates.ts";
import { beginDirectUserTerm, beginGateTerm } from "./shell/term/term.ts";
import { besideTerm, watchKeys } from "./shell/term/watch-keys.ts";

export interface BroadcasterDeps {
  readonly ports: Ports;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly bus: Bus;
  /** The connection of the bus; undefined where all services share one process. */
  readonly nats?: NatsClient | undefined;
  readonly transports: { readonly evidence: Transport; readonly signerProxy: Transport };
  /** Reaches NEAR's RPC; `httpPost` by default. */
  readonly post?: HttpPost;
}

/** The service that drives open workflows, with the keys of the gates' relayers and approvers. */
export function createBroadcaster(
  config: BroadcasterConfig,
  { ports, logger, metrics = noMetrics, bus, nats, transports, post }: BroadcasterDeps,
): Service {
  const { rpcUrls: urls, chainId, viewTimeoutMs } = config;
  const rpc = new RpcClient({ urls, chainId, foreignTimeoutMs: viewTimeoutMs }, ports, logger, post, metrics);
  const archivalUrls = config.archivalRpcUrls;
  const archival =
    archivalUrls.length === 0
      ? undefined
      : new RpcClient({ name: "archival", urls: archivalUrls, chainId }, ports, logger, post, metrics);
  const node = new RpcNearNode(rpc, archival === undefined ? undefined : new Archive(archival));
  const follower = new Follower(node, ports, logger, config.pollIntervalMs);
  const evidence = new EvidenceClient(transports.evidence);
  const driverId = ports.ids.uuid();
  const shared = {
    ports,
    logger,
    signer: new SignerClient(transports.signerProxy),
    node,
    foreignViews: new ForeignViews(node, ports, viewTimeoutMs),
    follower,
    salts: new SaltReader(config.verifierId, node, ports.clock),
    validity: new ValidityPeriod(node),
    ownDelegates: new OwnDelegates(ports.clock),
    driverId,
    policyPlaces: policyPlaces(),
    lists: new OpenLists(evidence, ports.clock),
  };
  // Each gate's drivers get that gate's keys, and those of users' calls none.
  const { gates: firstGates, rereadGates, ...common } = config;
  const ttlMs = config.leaseMs;
  const times = shareTimes(ttlMs, (ms) => jittered(ms, ports.random));
  const presenceDeps = { evidence, ports, logger, bus, holderId: driverId, ttlMs, freshMs: times.freshMs };
  const presence = new Presence(presenceDeps);
  const handOvers = new HandOvers(countHandOvers(metrics));
  const noteEnds = endsOf(metrics);
  const keep = (resource: string, begin: (lease: HeldLease, evidence: EvidenceLog) => Term) =>
    new LeaseKeeper({ evidence, ports, logger, bus, resource, ttlMs, times, presence, handOvers }, (lease) =>
      begin(lease, evidence.under(lease)),
    );
  const reread = rereadGates && gatesFrom(rereadGates, { ports, logger, metrics });
  const serve = (operated: OperatedGate) => {
    const gate = new GateReader(operated.gateId, node, ports.clock);
    const ofGate = {
      ...shared,
      config: { ...common, ...operated },
      gate,
      tails: new TailReader(gate, evidence, follower),
      relayer: new KeyRing(operated.relayerId, operated.relayerKeys, { node, follower, logger }),
      approver: new KeyRing(operated.approverId, operated.approverKeys, { node, follower, logger }),
      commitments: new Commitments(),
      noteEnd: noteEnds(gatePartition(operated.gateId)),
      isOneOfSeveral: () => (reread?.current ?? firstGates).length > 1,
    };
    const keeper = keep(gatePartition(operated.gateId), (lease, underLease) =>
      beginGateTerm(ofGate, lease, underLease, bus),
    );
    return { ...ofGate, operated, keeper };
  };
  const served = new ServedGates(serve, logger, reread?.current ?? firstGates);
  reread?.onChange((gates) => void served.change(gates));
  // Where a wallet's calls have their place says nothing to anybody, so what is measured of ends has one label for all of them.
  const users = { ...shared, config: common, noteEnd: noteEnds(directUserCalls) };
  const usersKeepers = directUserPartitions.map((partition, index) =>
    keep(partition, (lease, underLease) => {
      const term = beginDirectUserTerm(users, lease, underLease, bus);
      // Accounts are watched once: beside one of the partitions, whose lease there is anyway.
      if (config.watched === undefined || index > 0) return term;
      const watching = { ...shared, config: common, metrics, watched: config.watched };
      return besideTerm(term, watchKeys(watching, bus, transports.evidence));
    }),
  );
  const keepers = () => [...served.all.map(({ keeper }) => keeper), ...usersKeepers];
  const gates = () => served.all.map(({ gate }) => gate);
  const rpcs = archival === undefined ? [rpc] : [rpc, archival];
  showState(metrics, { rpcs, follower, keepers, gates, clock: ports.clock });
  const facts = new GateFacts(gates, config);
  const preflights = new PreflightLine();
  const implementation: ServiceImpl<typeof BroadcasterService> = {
    getGateFacts: (request) => facts.get(request),
    getDirectUserKey: (request) => getDirectUserKey({ node }, request),
    getAccount: (request) => getAccount({ node, verifierId: config.verifierId }, request),
    getPayloadFacts: (request) => getPayloadFacts({ node, verifierId: config.verifierId }, request),
    listPartitions: () =>
      listPartitions({ evidence, holderId: driverId, partitions: keepers().map(({ resource }) => resource) }),
    preflight: (request, { signal }) => {
      const asked = served.all.find(({ gate }) => request.gateId === "" || gate.gateId === request.gateId);
      if (asked === undefined) throw notFound(`gate ${request.gateId} is not served here`);
      return preflight({ ...asked, evidence, line: preflights }, request, signal);
    },
  };
  return {
    routes: {
      name: "broadcaster",
      services: [BroadcasterService],
      callers,
      logFields: workLogFields,
      register: (router) => void router.service(BroadcasterService, implementation),
    },
    async start() {
      follower.start();
      presence.start();
      reread?.start();
      served.start();
      for (const keeper of usersKeepers) keeper.start();
    },
    async stop() {
      reread?.stop();
      await Promise.all([presence, served, ...usersKeepers].map((one) => one.stop()));
      await follower.stop();
    },
    dependencies: () => [rpc.dependency, ...(nats === undefined ? [] : [nats.dependency])],
  };
}

function gatesFrom(
  read: () => readonly OperatedGate[],
  { ports, logger, metrics }: Required<Pick<BroadcasterDeps, "ports" | "logger" | "metrics">>,
) {
  return new Reread({
    what: "gates",
    read,
    isSame: areSameGates,
    timers: ports.timers,
    logger,
    metrics: { metrics, serviceName: "broadcaster" },
  });
}
