import assert from "node:assert/strict";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type Environment, type Service, unavailable } from "@outlayer/kit";
import {
  type Ask,
  type Asked,
  type CallName,
  masked,
  overGrpc,
  overRest,
  type PlainClients,
  plainClients,
} from "./parity.ts";
import { wideQuotas } from "./product-environment.ts";
import type { Shape } from "./shapes.ts";
import { dust, setRegister } from "./steps.ts";
import { apiKey, internalToken, type System, startSystem } from "./system.ts";

/** The headers, or metadata, of a worker that acts for a wallet. */
export const worker = (walletId = "wallet-1") => ({ "x-wallet-id": walletId, "x-internal-wallet-auth": internalToken });
export const withApiKey = { authorization: `Bearer ${apiKey}` };
/** Its policy allows no transfer of this size. */
export const limited = worker("wallet-2");
/** Its policy wants two approvals. */
export const approved = worker("wallet-3");
export const gateId = "gate.sequential.near";
export const unknownId = "0192f3c0-7c1e-7000-8000-0000000000ff";
export const json = (value: unknown) => JSON.stringify(value);
export const steps = (...of: readonly unknown[]) => json({ steps: of });
export const halting = (...of: readonly unknown[]) => json({ steps: of, on_failure: "halt" });
export const batchOf = (change: object, call: object = setRegister(1)) =>
  json({ gate_id: gateId, calls: [call], ...change });
export const changed = (change: object) => batchOf({}, { ...setRegister(1), ...change });

export interface Row {
  readonly name: string;
  /** Built anew for either way; `first` is what the row asks before. */
  readonly ask: (run: Run) => Asked | Promise<Asked>;
  readonly http: number;
  readonly code: number;
  /** Without the request's id at its end, where there is a record; undefined for a success. */
  readonly message?: string | RegExp;
  readonly reason?: string;
  /** `BadRequest`'s. */
  readonly field?: string;
  readonly quota?: string;
  /** The longest that `Retry-After` may say where it counts down, seconds; else both ways say the same. */
  readonly windowSecs?: number;
  /** Members of the record. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Both ways answer with the very same, ids and times included. */
  readonly same?: true;
  /** No block is made meanwhile. */
  readonly still?: true;
}

export interface Run {
  /** Opens records beforehand. */
  readonly rest: Ask;
  /** The same for both ways of a row, and for no other row. */
  readonly key: string;
}

export const calls = ["plan", "preflight", "execute", "batch"] as const satisfies readonly CallName[];
export const asks = (of: Asked) => () => of;
export const to = (call: (typeof calls)[number], body: string, headers: Asked["headers"] = worker()) =>
  asks({ call, body, headers });

/** The record of a workflow of wallet-1, the same for both ways. */
export async function recordId({ rest, key }: Run, body = steps(dust)): Promise<string> {
  const { answer } = await rest({ call: "execute", body, keys: [key], headers: worker() });
  assert.ok(answer !== undefined && "request_id" in answer);
  return String(answer.request_id);
}

export const funding = { kind: "funding.wrap_near", amount: "1" };

/** A suite on a product whose second and third wallet have policies, in which every row is asked both ways. */
export class ParitySuite {
  /** While it is set, the evidence that the other services see takes no workflow; embedded only. */
  recordsAway = false;
  system!: System;
  clients!: PlainClients;
  #rows = 0;

  /** @param quotas quotas of wallets, in WALLET_QUOTAS_JSON's form, beside wide ones */
  constructor(shape: Shape, quotas: object = {}, environment: Environment = {}) {
    before(async () => {
      this.system = await startSystem({
        shape,
        environment: {
          WALLET_QUOTAS_JSON: JSON.stringify({ ...JSON.parse(wideQuotas), ...quotas }),
          ...environment,
        },
        ...(shape === "embedded" ? { wrap: { evidence: (service) => this.#thatMayBeAway(service) } } : {}),
      });
      this.clients = plainClients(this.system);
      const { wallets } = this.system.devnet.controls;
      wallets.setPolicy("wallet-2", { rules: { limits: { per_transaction: { [dust.token]: "5" } } } });
      const approvers = ["ann", "bob"].map((id) => ({ id, role: "signer" }));
      wallets.setPolicy("wallet-3", { rules: {}, approval: { threshold: { required: 2 }, approvers } });
    });
    after(async () => {
      this.clients.close();
      await this.system.stop();
    });
  }

  describeRows(title: string, rows: readonly Row[]): void {
    describe(title, () => {
      for (const row of rows) it(row.name, () => this.assertSame(row));
    });
  }

  async #whileStill<T>(act: () => Promise<T>): Promise<T> {
    const { blocks } = this.system.devnet.controls;
    blocks.stop();
    try {
      return await act();
    } finally {
      blocks.go();
    }
  }

  async assertSame(row: Row): Promise<void> {
    const rest = overRest(this.system);
    const run = { rest, key: `parity-${++this.#rows}` };
    const grpc = overGrpc(this.clients);
    const bothWays = async () => [await rest(await row.ask(run)), await grpc(await row.ask(run))] as const;
    const [byRest, byGrpc] = await (row.still ? this.#whileStill(bothWays) : bothWays());
    assert.deepEqual([byRest.code, byGrpc.code], [row.http, row.code], json([byRest, byGrpc]));
    const alike = <T>(value: T) => (row.same ? value : masked(value));
    assert.deepEqual(alike(byGrpc.answer), alike(byRest.answer));
    const text = ({ message }: { message: string | undefined }) => (row.same ? message : withoutIds(message ?? ""));
    assert.equal(text(byGrpc), text(byRest));
    assertMessage(byGrpc, row);
    if (row.windowSecs === undefined) assert.equal(byGrpc.retryAfterSecs, byRest.retryAfterSecs);
    else for (const { retryAfterSecs: secs = 0 } of [byRest, byGrpc]) assert.ok(secs >= 1 && secs <= row.windowSecs);
    assert.deepEqual([byRest.quota, byGrpc.quota], [row.quota, row.quota]);
    assert.equal(byGrpc.requestId === undefined, byRest.requestId === undefined);
    if (row.same) assert.equal(byGrpc.requestId, byRest.requestId);
    assert.deepEqual([byGrpc.reason, byGrpc.field], [row.reason, row.field]);
    for (const [name, value] of Object.entries(row.record ?? {})) {
      assert.deepEqual((byGrpc.answer as Record<string, unknown>)[name], value, name);
    }
  }

  #thatMayBeAway(service: Service): Service {
    return {
      ...service,
      routes: {
        ...service.routes,
        register: (router) => {
          const register = (description: Parameters<typeof router.service>[0], methods: object) =>
            router.service(description, methods);
          const registering = Object.create(router, {
            service: {
              value: (description: Parameters<typeof router.service>[0], methods: Record<string, unknown>) => {
                if (description.typeName !== LogService.typeName) return register(description, methods);
                const openWorkflow = (...call: unknown[]) => {
                  if (this.recordsAway) throw unavailable("away");
                  return (methods.openWorkflow as (...call: unknown[]) => unknown)(...call);
                };
                return register(description, { ...methods, openWorkflow });
              },
            },
          });
          service.routes.register(registering);
        },
      },
    };
  }
}

/** Where there is a record, its id follows the sentence. */
function assertMessage({ message, answer }: Awaited<ReturnType<Ask>>, row: Row): void {
  if (row.message === undefined) assert.equal(message, undefined);
  else if (row.message instanceof RegExp) assert.match(message ?? "", row.message);
  else {
    const id = answer !== undefined && "request_id" in answer ? ` (request ${String(answer.request_id)})` : "";
    assert.equal(message, row.message + id);
  }
}

/** What is said of the record of a run, without what is only that run's. */
const withoutIds = (text: string) => text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "…");
