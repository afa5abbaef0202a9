/** What Prometheus has scraped, and the alerts that fire at a time. Values are in promtool's notation, one every 15 s. */
export interface Scenario {
  readonly what: string;
  /** Values by series, in place of those of a healthy product or beside them; null: no such series. */
  readonly series: Readonly<Record<string, string | null>>;
  /** As `11m`. */
  readonly at: string;
  /** Alert and severity, as `ClockSkew critical`. */
  readonly fires: readonly string[];
}

const of = (job: string, instance = "1") => `namespace="outlayer",job="${job}",instance="${instance}"`;
const up = (job: string, instance?: string) => `up{${of(job, instance)}}`;
const ready = (job: string, instance?: string) => `service_ready{${of(job, instance)},service_name="${job}"}`;
const needs = (job: string, dependency: string, instance?: string) =>
  `service_dependency_ok{${of(job, instance)},service_name="${job}",dependency="${dependency}"}`;
const files = (job: string, what: string) => `config_files_ok{${of(job)},service_name="${job}",files="${what}"}`;
const rest = (code: string, route = "/wallet/v1/workflows/execute") =>
  `http_server_request_duration_seconds_count{${of("gateway")},http_request_method="POST",http_route="${route}",http_response_status_code="${code}"}`;
const call = (job: string, method: string, code: string) =>
  `rpc_server_call_duration_seconds_count{${of(job)},rpc_method="${method}",rpc_status_code="${code}"}`;
const refusal = (job: string, code: string) =>
  `rpc_server_refusals_total{${of(job)},rpc_method="outlayer.x.v1.X/Call",rpc_status_code="${code}"}`;
const near = (outcome: string, endpoint = "#1") =>
  `near_rpc_call_duration_seconds_count{${of("broadcaster")},endpoint="${endpoint}",method="block",outcome="${outcome}"}`;
const resting = `near_rpc_endpoint_resting{${of("broadcaster")},endpoint="#1"}`;
const stale = (instance?: string) => `near_rpc_endpoint_stale{${of("broadcaster", instance)},endpoint="#1"}`;
const clock = `near_clock_ahead_seconds{${of("broadcaster")}}`;
const lease = (instance?: string) => `lease_held{${of("broadcaster", instance)},partition="gate:gate.near"}`;
const started = `process_start_time_seconds{${of("planner")}}`;
const loop = `nodejs_eventloop_lag_p99_seconds{${of("planner")}}`;
const ends = (status: string, code: string) =>
  `workflows_ended_total{${of("broadcaster")},partition="gate:gate.near",status="${status}",error_code="${code}"}`;
const balance = (account: string, instance?: string) =>
  `operator_balance_near{${of("broadcaster", instance)},gate="gate.near",account="${account}"}`;
const watchedKeys = (event: string) => `watched_key_events_total{${of("broadcaster")},event="${event}"}`;

const append = "outlayer.evidence.v1.LogService/AppendEvent";
const sign = "outlayer.signer_proxy.v1.SignerProxyService/SignStep";

/** Six hours and more. */
const long = 1500;
const always = (value: number) => `${value}x${long}`;
/** A counter that grows by this much every 15 s. */
const growing = (by: number) => `0+${by}x${long}`;

/** A healthy product of one process each. */
export const healthy: Scenario["series"] = Object.fromEntries([
  ...["gateway", "planner", "signer-proxy", "broadcaster", "evidence"].flatMap((job) => [
    [up(job), always(1)],
    [ready(job), always(1)],
  ]),
  [needs("signer-proxy", "keystore"), always(1)],
  [needs("evidence", "database"), always(1)],
  [needs("evidence", "nats"), always(1)],
  [needs("broadcaster", "nats"), always(1)],
  [needs("broadcaster", "near_rpc"), always(1)],
  [files("planner", "gates"), always(1)],
  [files("evidence", "TLS files"), always(1)],
  [rest("200"), growing(15)],
  [rest("503"), always(0)],
  [call("evidence", append, "OK"), growing(30)],
  [call("signer-proxy", sign, "OK"), growing(5)],
  [near("answered"), growing(15)],
  [near("no_answer"), always(0)],
  [resting, always(0)],
  [stale(), always(0)],
  [clock, always(1.5)],
  [lease(), always(1)],
  [ends("succeeded", "none"), growing(1)],
  [ends("failed", "dispatch_failed"), growing(1)],
  ...["relayer", "approver", "gate"].map((account) => [balance(account), always(50)] as const),
  [started, always(1_700_000_000)],
  [loop, always(0.055)],
]);

export const scenarios: readonly Scenario[] = [
  { what: "all is well", series: {}, at: "2h", fires: [] },

  { what: "there is no planner", series: { [up("planner")]: null }, at: "3m", fires: ["ServiceAway critical"] },
  {
    what: "the only planner does not answer, for three minutes",
    series: { [up("planner")]: "0x60", [ready("planner")]: null },
    at: "3m",
    fires: ["ServiceAway critical"],
  },
  {
    what: "one of two planners does not answer, for three minutes",
    series: { [up("planner", "2")]: "0x60" },
    at: "3m",
    fires: [],
  },
  {
    what: "one of two planners does not answer, for eleven minutes",
    series: { [up("planner", "2")]: "0x60" },
    at: "11m",
    fires: ["ProcessNotReady warning"],
  },
  {
    what: "no planner is ready",
    series: { [ready("planner")]: "0x60", [ready("planner", "2")]: "0x60" },
    at: "3m",
    fires: ["ServiceNotReady critical"],
  },
  {
    what: "one of two planners is not ready, for three minutes",
    series: { [ready("planner", "2")]: "0x60" },
    at: "3m",
    fires: [],
  },
  {
    what: "one of two planners is not ready, for eleven minutes",
    series: { [ready("planner", "2")]: "0x60" },
    at: "11m",
    fires: ["ProcessNotReady warning"],
  },
  {
    what: "a planner cannot use its gates, for six minutes",
    series: { [files("planner", "gates")]: "0x60" },
    at: "6m",
    fires: ["ConfigFilesRefused warning"],
  },
  {
    what: "TLS files do not fit each other while they are replaced",
    series: { [files("evidence", "TLS files")]: "1x4 0x8 1x60" },
    at: "4m",
    fires: [],
  },
  {
    what: "a planner starts three times in half an hour",
    series: { [started]: "1x40 2x40 3x40 4x40" },
    at: "32m",
    fires: ["ProcessRestarts warning"],
  },
  { what: "a planner starts once", series: { [started]: "1x40 2x160" }, at: "32m", fires: [] },
  { what: "the event loop stands still", series: { [loop]: "0.7x60" }, at: "6m", fires: ["EventLoopSlow warning"] },
  { what: "the event loop stands still, for four minutes", series: { [loop]: "0.7x60" }, at: "4m", fires: [] },

  {
    what: "no signer-proxy reaches the keystore",
    series: { [needs("signer-proxy", "keystore")]: "0x60", [needs("signer-proxy", "keystore", "2")]: "0x60" },
    at: "2m",
    fires: ["KeystoreAway critical"],
  },
  {
    what: "one of two signer-proxies does not reach the keystore",
    series: { [needs("signer-proxy", "keystore", "2")]: "0x60" },
    at: "9m",
    fires: [],
  },
  {
    what: "no evidence process reaches the database",
    series: { [needs("evidence", "database")]: "0x60" },
    at: "2m",
    fires: ["DatabaseAway critical"],
  },
  {
    what: "one of two evidence processes does not reach the database",
    series: { [needs("evidence", "database", "2")]: "0x60" },
    at: "9m",
    fires: [],
  },
  {
    what: "one evidence process does not reach NATS, for six minutes",
    series: { [needs("evidence", "nats", "2")]: "0x60" },
    at: "6m",
    fires: ["NatsAway warning"],
  },
  {
    what: "one evidence process does not reach NATS, for four minutes",
    series: { [needs("evidence", "nats", "2")]: "0x60" },
    at: "4m",
    fires: [],
  },
  {
    what: "no broadcaster reaches NEAR's RPC",
    series: { [needs("broadcaster", "near_rpc")]: "0x60" },
    at: "2m",
    fires: ["NearRpcAway critical"],
  },
  {
    what: "one of two broadcasters does not reach NEAR's RPC",
    series: { [needs("broadcaster", "near_rpc", "2")]: "0x60" },
    at: "9m",
    fires: [],
  },

  {
    what: "two of three calls of an endpoint get no answer",
    series: { [near("answered")]: growing(1), [near("no_answer")]: growing(2) },
    at: "16m",
    fires: ["RpcEndpointAway warning"],
  },
  {
    what: "one of three calls of an endpoint gets no answer",
    series: { [near("answered")]: growing(2), [near("no_answer")]: growing(1) },
    at: "16m",
    fires: [],
  },
  {
    what: "an endpoint that is seldom asked gave no answer a few times",
    series: { [near("no_answer", "archival #1")]: "0x20 5x100" },
    at: "12m",
    fires: [],
  },
  {
    what: "an endpoint rests all the time",
    series: { [resting]: "1x80" },
    at: "16m",
    fires: ["RpcEndpointAway warning"],
  },
  { what: "an endpoint rests now and then", series: { [resting]: "1x15 0x1 1x15 0x1 1x40" }, at: "11m", fires: [] },
  {
    what: "an endpoint is stale for all broadcasters",
    series: { [stale()]: "1x60", [stale("2")]: "1x60" },
    at: "11m",
    fires: ["RpcEndpointStale warning"],
  },
  {
    what: "an endpoint is stale for all broadcasters, for nine minutes",
    series: { [stale()]: "1x60", [stale("2")]: "1x60" },
    at: "9m",
    fires: [],
  },
  { what: "an endpoint is stale for one of two", series: { [stale("2")]: "1x60" }, at: "11m", fires: [] },
  { what: "the clock is ahead", series: { [clock]: "12x60" }, at: "2m", fires: ["ClockSkew critical"] },
  { what: "the clock is behind", series: { [clock]: "-12x60" }, at: "2m", fires: ["ClockSkew critical"] },
  { what: "the clock drifts", series: { [clock]: "6x60" }, at: "11m", fires: ["ClockSkew warning"] },
  { what: "the clock drifts, for nine minutes", series: { [clock]: "6x60" }, at: "9m", fires: [] },
  { what: "the clock is ahead, for half a minute", series: { [clock]: "12x60" }, at: "30s", fires: [] },
  {
    what: "nobody drives a gate",
    series: { [lease()]: "0x60", [lease("2")]: "0x60" },
    at: "2m",
    fires: ["LeaseNotHeld critical"],
  },
  {
    what: "another broadcaster took over",
    series: { [lease()]: "1x4 0x60", [lease("2")]: "0x5 1x60" },
    at: "3m",
    fires: [],
  },
  {
    what: "a watched key is stale, and told again",
    series: { [watchedKeys("stale")]: "1x40 2x40 3x40" },
    at: "15m",
    fires: ["WatchedKeyStale warning"],
  },
  { what: "a watched key is resolved", series: { [watchedKeys("resolved")]: "0x20 1x100" }, at: "15m", fires: [] },

  {
    what: "one of fifty requests is answered with an error",
    series: { [rest("200")]: growing(49), [rest("503")]: growing(1) },
    at: "70m",
    fires: ["RestErrors critical", "RestErrors warning"],
  },
  {
    what: "one of a hundred and fifty is",
    series: { [rest("200")]: growing(149), [rest("500")]: growing(1) },
    at: "6h10m",
    fires: ["RestErrors warning"],
  },
  {
    what: "errors ended half an hour ago",
    series: { [rest("200")]: growing(19), [rest("503")]: "0+1x240 240x300" },
    at: "95m",
    fires: [],
  },
  ...["20m", "40m"].map((at) => ({
    what: `five of fifty requests are errors, by ${at}`,
    series: { [rest("200")]: "0x40 0+1x45 45x150", [rest("503")]: "0x60 0+1x5 5x170" },
    at,
    fires: [],
  })),
  {
    what: "a load balancer is told that it is not ready",
    series: { [rest("503", "/readyz")]: growing(2) },
    at: "70m",
    fires: [],
  },

  {
    what: "evidence cannot do a quarter of what it is asked",
    series: { [call("evidence", append, "OK")]: growing(3), [call("evidence", append, "UNAVAILABLE")]: growing(1) },
    at: "15m",
    fires: ["CallsUnavailable warning"],
  },
  {
    what: "streams end as unavailable",
    series: { [call("evidence", "outlayer.evidence.v1.RecordService/WatchProgress", "UNAVAILABLE")]: growing(30) },
    at: "15m",
    fires: [],
  },
  {
    what: "a service that is seldom called is unavailable a few times",
    series: {
      [call("signer-proxy", sign, "OK")]: always(0),
      [call("signer-proxy", sign, "UNAVAILABLE")]: "0x20 5x100",
    },
    at: "9m",
    fires: [],
  },
  {
    what: "signer-proxy does not foresee an error",
    series: { [call("signer-proxy", sign, "INTERNAL")]: "0x20 5x100" },
    at: "10m",
    fires: ["InternalErrors warning"],
  },
  {
    what: "wallets ask for what is not there",
    series: { [call("signer-proxy", sign, "NOT_FOUND")]: growing(20) },
    at: "10m",
    fires: [],
  },
  {
    what: "signer-proxy does not know its callers",
    series: { [refusal("signer-proxy", "PERMISSION_DENIED")]: growing(1) },
    at: "10m",
    fires: ["CallersRefused warning"],
  },
  {
    what: "strangers call the planner",
    series: { [refusal("planner", "PERMISSION_DENIED")]: growing(9) },
    at: "10m",
    fires: [],
  },
  {
    what: "the planner sends the broadcaster what is too long",
    series: { [refusal("broadcaster", "RESOURCE_EXHAUSTED")]: growing(1) },
    at: "10m",
    fires: [],
  },
  {
    what: "the keystore is away, and every tenth workflow ends for that",
    series: { [ends("failed", "keystore_unavailable")]: "0+0.25x1500" },
    at: "1h",
    fires: ["WorkflowsFailHere critical"],
  },
  {
    what: "one workflow ends as internal, of few",
    series: {
      [ends("succeeded", "none")]: "0x60 1x1500",
      [ends("failed", "dispatch_failed")]: always(0),
      [ends("failed", "internal")]: "0x60 1x1500",
    },
    at: "20m",
    fires: [],
  },
  {
    what: "callers' targets fail",
    series: { [ends("failed", "dispatch_failed")]: growing(9) },
    at: "1h",
    fires: [],
  },
  {
    what: "nobody knows what became of one step",
    series: { [ends("failed", "outcome_unknown")]: "0x60 1x1500" },
    at: "20m",
    fires: ["OutcomeUnknown warning"],
  },
  {
    what: "the relayer runs short, as one of two broadcasters has read",
    series: { [balance("relayer", "2")]: always(4.9) },
    at: "10m",
    fires: ["OperatorBalanceLow warning"],
  },
  {
    what: "the gate holds little, and relayer and approver enough",
    series: { [balance("gate")]: always(3), [balance("approver")]: always(5) },
    at: "10m",
    fires: [],
  },
];
