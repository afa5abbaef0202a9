import type { Attack } from "../attack.ts";
import { approvals } from "./approvals.ts";
import { bodies, oversized } from "./bodies.ts";
import { bombs } from "./bombs.ts";
import { idle, resets } from "./connections.ts";
import { cancels, costs, quota } from "./costs.ts";
import { crossWallet } from "./cross-wallet.ts";
import { fuzzConnect } from "./fuzz-connect.ts";
import { fuzzGrpc } from "./fuzz-grpc.ts";
import { fuzzRest } from "./fuzz-rest.ts";
import { gateCredit } from "./gate-credit.ts";
import { headers } from "./headers.ts";
import { history } from "./history.ts";
import { idempotency } from "./idempotency.ts";
import { ownPayloads } from "./own-payloads.ts";
import { power } from "./power.ts";
import { signIns } from "./sign-ins.ts";
import { flood, strangers, watches, wrongHost } from "./strangers.ts";
import { streams } from "./streams.ts";
import { swap } from "./swap.ts";
import { views } from "./views.ts";

/** Every kind of attack, in the order of the table. */
export const attacks: readonly Attack[] = [
  power,
  swap,
  gateCredit,
  history,
  approvals,
  crossWallet,
  idempotency,
  bombs,
  bodies,
  oversized,
  headers,
  idle,
  resets,
  streams,
  strangers,
  signIns,
  ownPayloads,
  watches,
  wrongHost,
  views,
  costs,
  quota,
  cancels,
  fuzzRest,
  fuzzGrpc,
  fuzzConnect,
  flood,
];
