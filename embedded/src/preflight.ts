import { parseArgs } from "node:util";
import { create } from "@bufbuild/protobuf";
import { checkFromOutside, type GateConfig, type OperatorKeys, readGatesToCheck } from "@outlayer/broadcaster";
import { type Preflight, PreflightSchema } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import { ConfigError, ConfigReader, createLogger, inMemoryTransport, type Logger, systemPorts } from "@outlayer/kit";
import { createSignerProxy, readSignerProxyConfig, type SignerProxyConfig } from "@outlayer/signer-proxy";
import { preflightJson } from "@outlayer/workflow";
import { table } from "./table.ts";

const usage = `usage: ./dev preflight [--gate ID] [--json]

Looks at the gate, the operator's accounts and, where KEYSTORE_URL is set, the keystore, and says whether a run could go through
now. Read-only: it sends and signs nothing. From the environment:

  RELAYER_ACCOUNT_ID, APPROVER_ACCOUNT_ID   required
  RELAYER_SECRET_KEY, APPROVER_SECRET_KEY   optional: then these very keys are looked for, else any that would do
  KEYSTORE_URL, KEYSTORE_AUTH_TOKEN         optional: without them the keystore is left out
  NEAR_RPC_URL, NEAR_CHAIN_ID, SEQUENTIAL_GATE_ID, GATE_FEE_1_TO_3_YOCTO, GATE_MAX_FEE_YOCTO, GATE_CODE_HASH,
  GATE_OWNER_ID, SUBMIT_INTENT_GAS, GATE_CALLBACK_GAS, RESUME_BATCH_GAS   as in docs/operator.md; mainnet by default
  GATES_JSON                                several gates; --gate says which one, else it is the first

A chain or pending intents of a product that runs beside it count as others': it cannot tell.
Exits with 0 when ready, 1 when not, 2 when it could not look. --json prints what GET /wallet/v1/preflight answers.
`;

interface Settings {
  readonly gate: GateConfig;
  readonly keys: OperatorKeys;
  readonly signerProxy: SignerProxyConfig | undefined;
}

const ports = systemPorts();
const { asJson, gateId } = readArguments();
try {
  const settings = readSettings();
  const found = await look(settings);
  process.stdout.write(asJson ? `${JSON.stringify(preflightJson(found), null, 2)}\n` : shown(settings, found));
  process.exitCode = found.ready ? 0 : 1;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

function readArguments(): { readonly asJson: boolean; readonly gateId: string | undefined } {
  try {
    const { values } = parseArgs({ options: { json: { type: "boolean" }, gate: { type: "string" } } });
    return { asJson: values.json ?? false, gateId: values.gate };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

function readSettings(): Settings {
  // Random secrets will do: nothing is signed, granted or counted.
  const secret = () => Buffer.from(ports.random.bytes(32)).toString("hex");
  const made = { GRANT_SECRET: secret(), USAGE_SECRET: secret(), GRANT_SECRET_FILE: "", USAGE_SECRET_FILE: "" };
  const reader = new ConfigReader({ ...process.env, ...made });
  const gates = readGatesToCheck(reader);
  const signerProxy = process.env.KEYSTORE_URL ? readSignerProxyConfig(reader) : undefined;
  reader.check();
  const asked = gates.find(({ gate }) => gateId === undefined || gate.gateId === gateId);
  if (asked === undefined) {
    throw new ConfigError([`--gate must be ${gates.map(({ gate }) => gate.gateId).join(" or ")}`]);
  }
  return { ...asked, signerProxy };
}

async function look({ gate, keys, signerProxy }: Settings): Promise<Preflight> {
  const logger = createLogger("preflight", "silent");
  const transport = signerProxy === undefined ? undefined : keystoreTransport(signerProxy, logger);
  return create(PreflightSchema, await checkFromOutside(gate, { ports, logger, signerProxy: transport, keys }));
}

function keystoreTransport(config: SignerProxyConfig, logger: Logger) {
  const { routes } = createSignerProxy(config, { ports, logger });
  return inMemoryTransport(routes, { logger, serviceToken: undefined }, "broadcaster");
}

function shown({ gate, signerProxy }: Settings, { ready, abortReasons, checks, finalHeight }: Preflight): string {
  const block = finalHeight === 0n ? "" : `, final block ${finalHeight}`;
  const rows = checks.map((check) => [
    check.name,
    check.class,
    check.ok ? "ok" : "FAILS",
    check.expected,
    check.actual,
  ]);
  const failing = checks.filter(({ ok }) => !ok).map(({ name, message }) => `  ${name}: ${message}`);
  const left = signerProxy === undefined ? ["", "The keystore was left out: KEYSTORE_URL is not set."] : [];
  const verdict = ready ? "Ready." : `Not ready: ${abortReasons.join(", ")}.`;
  return [
    `${gate.gateId} on ${gate.chainId}${block}`,
    "",
    table(["check", "class", "result", "expected", "actual"], rows),
    ...(failing.length === 0 ? [] : ["", ...failing]),
    ...left,
    "",
    verdict,
    "",
  ].join("\n");
}
