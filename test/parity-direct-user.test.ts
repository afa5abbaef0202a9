import { status } from "@grpc/grpc-js";
import { install, scope } from "./support/direct-user.ts";
import { json, limited, ParitySuite, type Row, unknownId, worker } from "./support/parity-suite.ts";
import { describeShapes } from "./support/shapes.ts";

const { OK, INVALID_ARGUMENT, UNAUTHENTICATED, NOT_FOUND } = status;
const elsewhere = { ...scope, user_id: "elsewhere.near" };
const scopeText =
  'direct-user calls are allowed for this scope only: user_id mike.near, registry_id mike.sequential.near, receiver_id count.mike.near, method_names ["increase"]';

const directUserRows: readonly Row[] = [
  {
    name: "a key",
    ask: () => ({ call: "key", body: json(scope), headers: worker() }),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a key of another scope",
    ask: () => ({ call: "key", body: json(elsewhere), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: scopeText,
    reason: "SCOPE_NOT_ALLOWED",
  },
  {
    name: "a scope that lacks a part",
    ask: () => ({ call: "key", body: json({ ...scope, user_id: undefined }), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "invalid workflow JSON: user_id is required",
    reason: "INVALID_JSON",
    field: "user_id",
  },
  { name: "a key's status", ask: () => ({ call: "key_status", scope, headers: worker() }), http: 200, code: OK },
  {
    name: "the status of another scope's key",
    ask: () => ({ call: "key_status", scope: elsewhere, headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: scopeText,
    reason: "SCOPE_NOT_ALLOWED",
  },
  {
    name: "a call that counts",
    ask: () => ({ call: "direct", body: json(scope), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded", endpoint: "direct_user_function_call" },
  },
  {
    name: "a call whose key is not installed",
    ask: () => ({ call: "direct", body: json(scope), headers: limited }),
    http: 409,
    code: OK,
    message:
      "the key is not on mike.near: install it as POST /wallet/v1/direct-user/function-call-key/prepare says, then ask again under another idempotency key",
    record: { status: "requires_direct_user_setup" },
  },
  {
    name: "a call with a deposit",
    ask: () => ({ call: "direct", body: json({ ...scope, deposit: "1" }), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: 'deposit must be "0": a scoped key cannot attach any',
    reason: "CALL_NOT_ALLOWED",
    field: "deposit",
  },
  {
    name: "a call with signing material",
    ask: () => ({ call: "direct", body: json({ ...scope, private_key: "x" }), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "wallet workflow must not include raw signing field private_key at $",
    reason: "SIGNING_FIELD",
    field: "private_key",
  },
  {
    name: "a record of the lane that is not there",
    ask: () => ({ call: "direct_record", id: unknownId, headers: worker() }),
    http: 404,
    code: NOT_FOUND,
    message: `direct user function call request ${unknownId} was not found`,
    reason: "REQUEST_NOT_FOUND",
  },
  {
    name: "a key without credentials",
    ask: () => ({ call: "key", body: json(scope), headers: {} }),
    http: 401,
    code: UNAUTHENTICATED,
    message: /./,
    reason: "CREDENTIALS_MISSING",
  },
];

describeShapes("REST and gRPC", (shape) => {
  const suite = new ParitySuite(shape);
  before(() => install(suite.system, { allowance: 10n ** 24n }));
  suite.describeRows("serve alike the direct-user lane", directUserRows);
});
