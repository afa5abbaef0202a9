import { parseArgs } from "node:util";
import { runProcess, systemPorts } from "@outlayer/kit";
import { integerArgument, nearOptions, nearUsage, readNearChoice } from "./near-options.ts";
import { examplePorts, runAll, usualPort } from "./run-all.ts";
import { removeUpInfo, type UpInfo, writeUpInfo } from "./up-info.ts";

const usage = `usage: ./dev up [--port N] [--examples] [--block-time-ms N | --near-rpc URL --contracts FILE]
                [--info-file PATH] [--quiet]

  --port N            REST's port, ${usualPort} by default; 0 takes free ports for everything
${nearUsage}
  --examples          serves examples/web too, on ports ${examplePorts.page} and ${examplePorts.wallet} or on free ones; on a devnet only
  --info-file PATH    where the addresses go as JSON, .dev/up.json by default
  --quiet             print nothing when ready

Any variable of the configuration may be set in the environment.
`;

const variables = [
  "DATABASE_URL",
  "NATS_URL",
  "NATS_REPLICAS",
  "NATS_MAX_AGE_SECS",
  "INTERNAL_WALLET_AUTH_TOKEN",
  "WALLET_API_KEYS_JSON",
  "SESSION_SECRET_KEYS",
  "SESSION_AUDIENCE",
  "SERVICE_WALLET_ID",
  "REST_CORS_ORIGINS",
  "WALLET_QUOTAS_JSON",
  "REST_MAX_CONNECTIONS",
  "WALLET_REQUESTS_IN_FLIGHT",
  "WALLET_LONG_POLLS",
  "WALLET_EVENT_STREAMS",
  "GATE_FEE_1_TO_3_YOCTO",
  "GATE_MAX_FEE_YOCTO",
  "GATE_MAX_DEPOSIT_YOCTO",
  "GATE_CHAIN_RECEIVERS",
  "GATE_BUSY_WORKFLOWS",
  "GATE_OVERFLOW_BLOCKS",
  "GATE_CODE_HASH",
  "GATE_OWNER_ID",
  "SUBMIT_INTENT_GAS",
  "GATE_CALLBACK_GAS",
  "RESUME_BATCH_GAS",
  "DELEGATE_VALIDITY_BLOCKS",
  "INTENTS_DEADLINE_SECS",
  "NEAR_POLL_TIMEOUT_SECS",
  "NEAR_POLL_INTERVAL_MS",
  "NEAR_VIEW_TIMEOUT_MS",
  "EXECUTE_WAIT_SECS",
  "QUEUE_TIMEOUT_SECS",
  "LEASE_SECS",
  "SETTLE_BY_CANCEL",
  "POLICY_ACTION_TYPES_JSON",
  "POLICY_SWAP_TO",
  "SERVICE_TOKEN",
  "GRPC_REFLECTION",
  "LOG_LEVEL",
];

await runProcess(async (stopping) => {
  const { port, near, infoFile, quiet, examples } = readArguments();
  const set = variables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const say = (line: string) => void (quiet || process.stderr.write(`up: ${line}\n`));
  const options = { port, near, say, environment: Object.fromEntries(set), examples };
  const running = await runAll(options, systemPorts(), stopping);
  writeUpInfo(infoFile, running.info);
  if (!quiet) process.stdout.write(welcome(running.info, infoFile));
  return {
    async stop() {
      await running.stop();
      removeUpInfo(infoFile, running.info);
    },
  };
});

function readArguments() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: {
        port: text,
        ...nearOptions,
        "info-file": text,
        examples: { type: "boolean" },
        quiet: { type: "boolean" },
      },
    });
    const { examples = false, "near-rpc": nearRpc } = values;
    // Its wallet has accounts made by the devnet's controls.
    if (examples && nearRpc !== undefined) throw new Error("--examples does not go with --near-rpc");
    const near = readNearChoice(values);
    return {
      port: integerArgument(values.port ?? String(usualPort), 0, 65_535, "--port"),
      near,
      examples,
      infoFile: values["info-file"] ?? ".dev/up.json",
      quiet: values.quiet ?? false,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

function welcome(info: UpInfo, infoFile: string): string {
  const [wallet] = info.wallets;
  const transfer = {
    kind: "intents.transfer",
    token: `nep141:${info.wrapped_near_id}`,
    amount: "1000000000000000000",
    receiver_id: "mike.near",
  };
  const services = Object.keys(info.grpc) as (keyof UpInfo["grpc"])[];
  return `
The wallet coordinator runs on ${info.devnet_control === null ? "your NEAR node" : "a local NEAR"}. Ctrl-C ends all of it.

  REST             ${info.rest}
  documentation    ${info.rest}/docs
${services.map((name) => `  ${name.padEnd(16)} ${info.grpc[name]} (gRPC)   ${info.http[name]} (HTTP/1.1)`).join("\n")}
  NEAR RPC         ${info.near_rpc}
  keystore         ${info.keystore}
${info.devnet_control === null ? "" : `  devnet control   ${info.devnet_control}\n`}${info.example_page === null ? "" : `  example page     ${info.example_page}\n`}
Wallets, with API keys that hold until this ends:
${info.wallets.map(({ wallet_id, api_key }) => `  ${wallet_id.padEnd(16)} ${api_key}`).join("\n")}

All of it as JSON: ${infoFile}. A workflow to try:

  curl -s ${info.rest}/wallet/v1/workflows/execute \\
    -H 'Authorization: Bearer ${wallet?.api_key ?? ""}' \\
    -H 'Content-Type: application/json' -H 'Prefer: wait=20' \\
    -d '${JSON.stringify({ steps: [transfer] })}'

`;
}
