import { status } from "@grpc/grpc-js";
import { asks, json, ParitySuite, type Row, worker } from "./support/parity-suite.ts";
import { describeShapes } from "./support/shapes.ts";

const { OK, INVALID_ARGUMENT, NOT_FOUND, UNAUTHENTICATED } = status;
const headers = worker();
const publicKey = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";

const rows: readonly Row[] = [
  {
    name: "an account, with a key and balances that are asked for",
    ask: asks({ call: "account", id: "mike.near", publicKey, tokenIds: ["wrap.near", "nep141:usdc.near"], headers }),
    http: 200,
    code: OK,
    still: true,
    same: true,
    record: { kind: "named", exists_on_near: true, keys: [] },
  },
  {
    name: "an account that nobody has",
    ask: asks({ call: "account", id: "nobody.near", headers }),
    http: 200,
    code: OK,
    record: { exists_on_near: false, registration: null },
  },
  {
    name: "what is no account id",
    ask: asks({ call: "account", id: "Mike.near", headers }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "account_id is not an account id",
    reason: "INVALID_ACCOUNT_ID",
    field: "account_id",
  },
  {
    name: "an account with what is no token id",
    ask: asks({ call: "account", id: "mike.near", tokenIds: ["nep141:"], headers }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "token_id nep141: is not a token id",
    reason: "INVALID_TOKEN_ID",
    field: "token_id",
  },
  { name: "stale keys", ask: asks({ call: "stale_keys", id: "mike.near", headers }), http: 200, code: OK },
  {
    name: "stale keys without credentials",
    ask: asks({ call: "stale_keys", id: "mike.near", headers: {} }),
    http: 401,
    code: UNAUTHENTICATED,
    message: /./,
    reason: "CREDENTIALS_MISSING",
  },
  {
    name: "the account of a key",
    ask: asks({ call: "derive", body: json({ public_key: publicKey }), headers }),
    http: 200,
    code: OK,
    same: true,
    record: { kind: "implicit_near" },
  },
  {
    name: "the account of what is no key",
    ask: asks({ call: "derive", body: json({ public_key: "ed25519:1" }), headers }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "public_key is not an ed25519 key: it has 32 bytes in base58",
    reason: "INVALID_PUBLIC_KEY",
    field: "public_key",
  },
  {
    name: "the account of nothing",
    ask: asks({ call: "derive", body: "{}", headers }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "invalid workflow JSON: public_key is required",
    reason: "INVALID_JSON",
    field: "public_key",
  },
];

const swap = { token_in: "wrap.near", token_out: "usdc.near", amount_in: "1000" };

const quoteRows: readonly Row[] = [
  {
    name: "where there is no source",
    ask: asks({ call: "quotes", body: json(swap), headers }),
    http: 404,
    code: NOT_FOUND,
    message: "no source of quotes is configured here",
    reason: "NO_QUOTE_SOURCE",
  },
  {
    name: "of both amounts",
    ask: asks({ call: "quotes", body: json({ ...swap, amount_out: "1" }), headers }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "amount_out must not stand beside amount_in",
    reason: "INVALID_QUOTE_REQUEST",
    field: "amount_out",
  },
  {
    name: "of an amount that is no text",
    ask: asks({ call: "quotes", body: json({ ...swap, amount_in: 1 }), headers }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "invalid workflow JSON: amount_in must be a string",
    reason: "INVALID_JSON",
    field: "amount_in",
  },
  {
    name: "without credentials",
    ask: asks({ call: "quotes", body: json(swap), headers: {} }),
    http: 401,
    code: UNAUTHENTICATED,
    message: /./,
    reason: "CREDENTIALS_MISSING",
  },
];

describeShapes("REST and gRPC", (shape) => {
  new ParitySuite(shape).describeRows("serve alike accounts and keys", rows);
  new ParitySuite(shape).describeRows("refuse alike quotes", quoteRows);
});
