import type { Environment, ServiceName } from "@outlayer/kit";

const all = ["SERVICE_TOKEN", "GRPC_REFLECTION", "TLS_CERT_FILE", "TLS_KEY_FILE", "TLS_CA_FILE", "LOG_LEVEL"];
const wallets = [
  "INTERNAL_WALLET_AUTH_TOKEN",
  "WALLET_API_KEYS_JSON",
  "SESSION_SECRET_KEYS",
  "SESSION_AUDIENCE",
  "WALLET_REQUESTS_IN_FLIGHT",
  "WALLET_LONG_POLLS",
  "WALLET_EVENT_STREAMS",
];
const nats = ["NATS_URL", "NATS_REPLICAS", "NATS_MAX_AGE_SECS"];

/** Variables that each service reads, without those of addresses. */
export const ownVariables: Readonly<Record<ServiceName, readonly string[]>> = {
  gateway: [
    ...all,
    ...wallets,
    ...nats,
    "SEQUENTIAL_GATE_ID",
    "EXECUTE_WAIT_SECS",
    "REST_MAX_CONNECTIONS",
    "REST_CORS_ORIGINS",
  ],
  planner: [
    ...all,
    ...wallets,
    "NEAR_CHAIN_ID",
    "SEQUENTIAL_GATE_ID",
    "GATES_JSON",
    "VERIFIER_ID",
    "WRAPPED_NEAR_ID",
    "GATE_FEE_1_TO_3_YOCTO",
    "SUBMIT_INTENT_GAS",
    "GATE_CALLBACK_GAS",
    "GATE_MAX_DEPOSIT_YOCTO",
    "GATE_CHAIN_RECEIVERS",
    "GATE_BUSY_WORKFLOWS",
    "DIRECT_USER_SCOPES_JSON",
    "SERVICE_WALLET_ID",
    "WALLET_URL",
    "QUOTES_1CLICK_URL",
    "QUOTES_1CLICK_TOKEN",
    "QUOTES_1CLICK_PUBLIC_KEY",
    "QUOTES_BUS_URL",
    "QUOTES_BUS_TOKEN",
  ],
  "signer-proxy": [
    ...all,
    "KEYSTORE_URL",
    "KEYSTORE_AUTH_TOKEN",
    "GRANT_SECRET",
    "USAGE_SECRET",
    "VERIFIER_ID",
    "WRAPPED_NEAR_ID",
    "POLICY_ACTION_TYPES_JSON",
    "POLICY_SWAP_TO",
    "DIRECT_USER_SCOPES_JSON",
    "SERVICE_WALLET_ID",
  ],
  broadcaster: [
    ...all,
    ...nats,
    "RELAYER_ACCOUNT_ID",
    "RELAYER_SECRET_KEY",
    "APPROVER_ACCOUNT_ID",
    "APPROVER_SECRET_KEY",
    "NEAR_RPC_URL",
    "NEAR_ARCHIVAL_RPC_URL",
    "NEAR_CHAIN_ID",
    "NEAR_POLL_TIMEOUT_SECS",
    "NEAR_POLL_INTERVAL_MS",
    "NEAR_VIEW_TIMEOUT_MS",
    "SEQUENTIAL_GATE_ID",
    "GATES_JSON",
    "VERIFIER_ID",
    "WRAPPED_NEAR_ID",
    "GATE_FEE_1_TO_3_YOCTO",
    "GATE_MAX_FEE_YOCTO",
    "GATE_CODE_HASH",
    "GATE_OWNER_ID",
    "SUBMIT_INTENT_GAS",
    "GATE_CALLBACK_GAS",
    "RESUME_BATCH_GAS",
    "DELEGATE_VALIDITY_BLOCKS",
    "INTENTS_DEADLINE_SECS",
    "QUEUE_TIMEOUT_SECS",
    "LEASE_SECS",
    "SETTLE_BY_CANCEL",
    "GATE_OVERFLOW_BLOCKS",
    "WATCH_KEYS_OF",
  ],
  evidence: [...all, ...wallets, ...nats, "DATABASE_URL", "WALLET_QUOTAS_JSON", "USAGE_SECRET", "SEQUENTIAL_GATE_ID"],
};

/** Services that each one calls. */
export const peers: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  gateway: ["planner", "evidence"],
  planner: ["signer-proxy", "broadcaster", "evidence"],
  "signer-proxy": [],
  broadcaster: ["evidence", "signer-proxy"],
  evidence: [],
};

/** The variable with a service's URL. */
export function urlVariable(service: ServiceName): string {
  return `${service.toUpperCase().replace("-", "_")}_URL`;
}

/** The part of the product's environment that one service reads: no process gets another's secrets. */
export function variablesOf(service: ServiceName, environment: Environment): Readonly<Record<string, string>> {
  const names = ownVariables[service].flatMap((name) => [name, `${name}_FILE`]);
  const set = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}
