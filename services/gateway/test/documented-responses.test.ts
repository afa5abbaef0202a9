import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { issueSession } from "@outlayer/access";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { textSigners } from "../../../test/support/signers.ts";
import { assertDocumented, documented, operationOf, operations } from "./support/documented.ts";
import { type RawAnswer, sendRaw } from "./support/raw-http.ts";
import { type RestOptions, recordOf } from "./support/rest.ts";
import {
  ambiguousStep,
  batch,
  directUserStep,
  fundingStep,
  gateId,
  sessionTerms,
  transfer,
  transferStep,
  unknownId,
  worker,
} from "./support/samples.ts";
import { answering } from "./support/upstreams.ts";
import { ended, events, startWorld, type World, type WorldOptions } from "./support/world.ts";

/** The counter proof's. */
const scope = {
  user_id: "mike.near",
  registry_id: "mike.sequential.near",
  receiver_id: "count.mike.near",
  method_names: ["increase"],
};
const scopeQuery = new URLSearchParams({ ...scope, method_names: "increase" });

/** Gateways in front of upstreams that work, that are broken, and that are away. */
interface Worlds {
  readonly working: World;
  readonly broken: World;
  readonly away: World;
  /** In which wallets may hold nothing. */
  readonly full: World;
  /** In front of a planner that answers as it does for sessions. */
  readonly session: World;
  /** In which nobody can sign in. */
  readonly off: World;
  /** Whose operator has configured a source of quotes, which nobody listens at. */
  readonly quoting: World;
}

/** Has a gateway answer with one response of one operation. */
type Produce = (worlds: Worlds) => Promise<RawAnswer>;

/** Calls an operation over HTTP. */
async function ask(world: World, operationId: string, options: RestOptions & { readonly id?: string } = {}) {
  const { method, path } = operationOf(operationId);
  const { id = unknownId, ...rest } = options;
  const query = operationId === "getDirectUserKeyStatus" ? `?${scopeQuery}` : "";
  const { status, headers, text } = await world.rest(method, `${path.replace(/\{\w+\}/, id)}${query}`, rest);
  return { status, headers, body: text };
}

const body = (operationId: string): RestOptions =>
  operationId in bodies ? { body: bodies[operationId as keyof typeof bodies] } : {};
const bodies = {
  planWorkflow: transfer,
  preflightWorkflow: transfer,
  executeWorkflow: transfer,
  executeSequentialBatch: batch,
  prepareDirectUserKey: scope,
  executeDirectUserCall: scope,
  deriveAccount: { public_key: "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm" },
  createChallenge: { account_id: "alice.near" },
  signIn: { account_id: "alice.near", signed: { standard: "erc191", payload: "let me in" } },
  getQuotes: { token_in: "wrap.near", token_out: "usdc.near", amount_in: "1" },
} as const;

const [signer] = textSigners(1);

async function tokenOfAlice(): Promise<RestOptions> {
  const session = { id: crypto.randomUUID(), accountId: "alice.near" };
  const { token } = await issueSession(sessionTerms, session, Date.now());
  return { headers: { authorization: `Bearer ${token}` } };
}

/** What an operation that strangers may ask with a body can answer, beside its success. */
const ofStrangers = (operationId: "createChallenge" | "signIn") => ({
  ...ofBody(operationId),
  400: [(worlds: Worlds) => unreadable(worlds, operationId)],
  404: [({ off }: Worlds) => ask(off, operationId, body(operationId))],
  413: [({ working }: Worlds) => ask(working, operationId, { body: " ".repeat(16 * 1024 + 1), headers: json })],
  431: [tooLong(operationId)],
  500: [({ broken }: Worlds) => ask(broken, operationId, body(operationId))],
  503: [({ away }: Worlds) => ask(away, operationId, body(operationId))],
});
const json = { "content-type": "application/json" };

/** Headers that never fit, on a connection of their own. */
const tooLong = (operationId: string): Produce => {
  return ({ working }) => {
    const { method, path } = operationOf(operationId);
    return sendRaw(
      working.url,
      `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nx-long: ${"a".repeat(17_000)}\r\n\r\n`,
    );
  };
};

/** What any operation of a wallet can answer. */
const ofWallet = (operationId: string) => ({
  401: [({ working }: Worlds) => ask(working, operationId, { ...body(operationId), headers: {} })],
  429: [({ full }: Worlds) => ask(full, operationId, body(operationId))],
  431: [tooLong(operationId)],
  500: [({ broken }: Worlds) => ask(broken, operationId, body(operationId))],
  503: [({ away }: Worlds) => ask(away, operationId, body(operationId))],
});

/** What any operation for which the keystore would sign can answer. */
const ofSigning = (operationId: string) => ({
  403: [({ session }: Worlds) => ask(session, operationId, body(operationId))],
});

/** What any operation that takes a body can answer as well. */
const ofBody = (operationId: string) => ({
  408: [() => slowAnswer(operationId)],
  413: [({ working }: Worlds) => ask(working, operationId, { body: " ".repeat(256 * 1024 + 1) })],
  415: [
    ({ working }: Worlds) =>
      ask(working, operationId, { ...body(operationId), headers: { ...worker(), "content-type": "text/plain" } }),
  ],
});

const unreadable = ({ working }: Worlds, operationId: string) =>
  ask(working, operationId, {
    body:
      "steps" in (bodies[operationId as keyof typeof bodies] ?? {}) ? { steps: [{ ...transferStep, amount: 1 }] } : {},
  });

/** Opens a workflow that ends so while its POST waits. */
async function endingSo({ working }: Worlds, operationId: string, end: ReturnType<typeof ended>) {
  const opened = working.opened();
  const headers = { ...worker(), prefer: "wait=60" };
  const posted = ask(working, operationId, { ...body(operationId), headers });
  await working.append(await opened, events.taken, end);
  return posted;
}

/** What a POST that opens a record can answer. */
const ofExecution = (operationId: keyof typeof bodies) => ({
  ...ofWallet(operationId),
  ...ofSigning(operationId),
  ...ofBody(operationId),
  200: [(worlds: Worlds) => endingSo(worlds, operationId, events.succeeded)],
  202: [
    ({ working }: Worlds) =>
      ask(working, operationId, { ...body(operationId), headers: { ...worker(), prefer: "wait=0" } }),
  ],
  400: [
    (worlds: Worlds) => unreadable(worlds, operationId),
    (worlds: Worlds) => endingSo(worlds, operationId, ended("failed", "dispatch_failed", "step 1 failed on chain")),
    (worlds: Worlds) => endingSo(worlds, operationId, ended("policy_denied", "policy_denied", "no")),
    (worlds: Worlds) => endingSo(worlds, operationId, ended("cancelled", undefined, "withdrawn by its caller")),
  ],
  409: [
    (worlds: Worlds) => endingSo(worlds, operationId, ended("requires_approval", "requires_approval", "2 more")),
    async ({ working }: Worlds) => {
      const idempotency_key = `documented-${operationId}`;
      await ask(working, operationId, { body: { ...bodies[operationId], idempotency_key } });
      return ask(working, operationId, { body: { ...bodies[operationId], idempotency_key, note: "another" } });
    },
  ],
});

async function anId({ working }: Worlds): Promise<string> {
  return recordOf(await working.rest("POST", "/wallet/v1/workflows/execute", { body: transfer })).request_id;
}

const ofRecord = (operationId: string) => ({
  ...ofWallet(operationId),
  200: [async (worlds: Worlds) => ask(worlds.working, operationId, { id: await anId(worlds) })],
  404: [({ working }: Worlds) => ask(working, operationId)],
});

/** The same of a GET, which may be asked whether the record is still what it was. */
const readingOf = (operationId: string) => ({
  ...ofRecord(operationId),
  304: [
    async (worlds: Worlds) => {
      const { id, version } = await anEnd(worlds);
      return ask(worlds.working, operationId, { id, headers: { ...worker(), "if-none-match": `"${version}"` } });
    },
  ],
});

/** A GET of a record whose parameter cannot be read. */
async function badParameter({ working }: Worlds, operationId: string, query: string): Promise<RawAnswer> {
  const { method, path } = operationOf(operationId);
  const { status, headers, text } = await working.rest(method, `${path.replace(/\{\w+\}/, unknownId)}?${query}`);
  return { status, headers, body: text };
}

/** A record that has ended, and the version that it ended with. */
async function anEnd({ working }: Worlds): Promise<{ readonly id: string; readonly version: number }> {
  const answer = await working.rest("POST", "/wallet/v1/workflows/execute", { body: { steps: [ambiguousStep] } });
  const { request_id: id, version } = recordOf(answer);
  return { id, version };
}

const open = (operationId: string) => ({
  200: [({ working }: Worlds) => ask(working, operationId, { headers: {} })],
  431: [tooLong(operationId)],
});

const executeWorkflow = ofExecution("executeWorkflow");
const executeSequentialBatch = ofExecution("executeSequentialBatch");
const executeDirectUserCall = ofExecution("executeDirectUserCall");

/** Every response that the document lists, and each way to it that its description names. */
const table: Readonly<Record<string, Readonly<Record<number, readonly Produce[]>>>> = {
  planWorkflow: {
    ...ofWallet("planWorkflow"),
    ...ofSigning("planWorkflow"),
    ...ofBody("planWorkflow"),
    200: [
      ({ working }) => ask(working, "planWorkflow", { body: transfer }),
      ({ working }) => ask(working, "planWorkflow", { body: { steps: [ambiguousStep] } }),
    ],
    400: [(worlds) => unreadable(worlds, "planWorkflow")],
  },
  preflightWorkflow: {
    ...ofWallet("preflightWorkflow"),
    ...ofSigning("preflightWorkflow"),
    ...ofBody("preflightWorkflow"),
    200: [
      ({ working }) => ask(working, "preflightWorkflow", { body: transfer }),
      ({ working }) => ask(working, "preflightWorkflow", { body: { steps: [ambiguousStep] } }),
    ],
    400: [(worlds) => unreadable(worlds, "preflightWorkflow")],
  },
  executeWorkflow: {
    ...executeWorkflow,
    400: [
      ...executeWorkflow[400],
      ({ working }) => ask(working, "executeWorkflow", { body: { steps: [ambiguousStep] } }),
    ],
    409: [
      ...executeWorkflow[409],
      ({ working }) => ask(working, "executeWorkflow", { body: { steps: [fundingStep] } }),
      ({ working }) => ask(working, "executeWorkflow", { body: { steps: [directUserStep] } }),
    ],
  },
  getWorkflow: {
    ...readingOf("getWorkflow"),
    400: [(worlds) => badParameter(worlds, "getWorkflow", "wait=26")],
  },
  cancelWorkflow: {
    ...ofRecord("cancelWorkflow"),
    200: [
      async (worlds) => ask(worlds.working, "cancelWorkflow", { id: (await anEnd(worlds)).id }),
      async (worlds) => {
        const id = await anId(worlds);
        const headers = { ...worker(), prefer: "wait=60" };
        const wished = worlds.working.opened();
        const asked = ask(worlds.working, "cancelWorkflow", { id, headers });
        // The wish is told of as a workflow that was opened is.
        await wished;
        await worlds.working.append(id, events.taken, ended("cancelled", "cancelled", "cancelled"));
        return asked;
      },
    ],
    202: [async (worlds) => ask(worlds.working, "cancelWorkflow", { id: await anId(worlds) })],
  },
  watchWorkflow: {
    ...ofRecord("watchWorkflow"),
    200: [async (worlds) => ask(worlds.working, "watchWorkflow", { id: (await anEnd(worlds)).id })],
    204: [
      async (worlds) => {
        const { id, version } = await anEnd(worlds);
        return ask(worlds.working, "watchWorkflow", { id, headers: { ...worker(), "last-event-id": String(version) } });
      },
    ],
    400: [(worlds) => badParameter(worlds, "watchWorkflow", "after=x")],
  },
  executeSequentialBatch: {
    ...executeSequentialBatch,
    400: [
      ...executeSequentialBatch[400],
      ({ working }) => ask(working, "executeSequentialBatch", { body: { ...batch, calls: [] } }),
    ],
  },
  getSequentialBatch: {
    ...readingOf("getSequentialBatch"),
    400: [(worlds) => badParameter(worlds, "getSequentialBatch", "wait=x")],
  },
  prepareDirectUserKey: {
    ...ofWallet("prepareDirectUserKey"),
    ...ofSigning("prepareDirectUserKey"),
    ...ofBody("prepareDirectUserKey"),
    200: [({ working }) => ask(working, "prepareDirectUserKey", { body: scope })],
    400: [
      (worlds) => unreadable(worlds, "prepareDirectUserKey"),
      ({ working }) => ask(working, "prepareDirectUserKey", { body: { ...scope, user_id: "elsewhere.near" } }),
    ],
  },
  getDirectUserKeyStatus: {
    ...ofWallet("getDirectUserKeyStatus"),
    ...ofSigning("getDirectUserKeyStatus"),
    200: [({ working }) => ask(working, "getDirectUserKeyStatus")],
    400: [(worlds) => badParameter(worlds, "getDirectUserKeyStatus", "user_id=mike.near")],
  },
  executeDirectUserCall: {
    ...executeDirectUserCall,
    400: [
      ...executeDirectUserCall[400],
      ({ working }) => ask(working, "executeDirectUserCall", { body: { ...scope, deposit: "1" } }),
    ],
    409: [
      ...executeDirectUserCall[409],
      (worlds) =>
        endingSo(worlds, "executeDirectUserCall", ended("requires_direct_user_setup", undefined, "install the key")),
    ],
  },
  getDirectUserCall: {
    ...readingOf("getDirectUserCall"),
    400: [(worlds) => badParameter(worlds, "getDirectUserCall", "wait=26")],
  },
  getAccount: {
    ...ofWallet("getAccount"),
    200: [({ working }) => ask(working, "getAccount")],
    400: [(worlds) => badParameter(worlds, "getAccount", "token_id=nep141:")],
  },
  getStaleKeys: {
    ...ofWallet("getStaleKeys"),
    200: [({ working }) => ask(working, "getStaleKeys")],
    400: [({ working }) => ask(working, "getStaleKeys", { id: "Not_An-Account.." })],
  },
  deriveAccount: {
    ...ofWallet("deriveAccount"),
    ...ofBody("deriveAccount"),
    200: [({ working }) => ask(working, "deriveAccount", body("deriveAccount"))],
    400: [
      (worlds) => unreadable(worlds, "deriveAccount"),
      ({ working }) => ask(working, "deriveAccount", { body: { public_key: "ed25519:1" } }),
    ],
  },
  createChallenge: {
    ...ofStrangers("createChallenge"),
    200: [({ working }) => ask(working, "createChallenge", { ...body("createChallenge"), headers: json })],
  },
  signIn: {
    ...ofStrangers("signIn"),
    200: [
      async ({ working }) => {
        const { body: challenge } = await ask(working, "createChallenge", body("createChallenge"));
        const signed = signer?.sign(JSON.parse(challenge).text);
        return ask(working, "signIn", { body: { account_id: "alice.near", signed }, headers: json });
      },
    ],
    401: [({ working }) => ask(working, "signIn", body("signIn"))],
  },
  signOut: {
    200: [async ({ working }) => ask(working, "signOut", await tokenOfAlice())],
    401: [({ working }) => ask(working, "signOut", { headers: {} })],
    403: [({ working }) => ask(working, "signOut")],
    404: [({ off }) => ask(off, "signOut")],
    429: [async ({ full }) => ask(full, "signOut", await tokenOfAlice())],
    431: [tooLong("signOut")],
    500: [async ({ broken }) => ask(broken, "signOut", await tokenOfAlice())],
    503: [async ({ away }) => ask(away, "signOut", await tokenOfAlice())],
  },
  getSessionKeys: {
    ...open("getSessionKeys"),
    404: [({ off }) => ask(off, "getSessionKeys", { headers: {} })],
  },
  getQuotes: {
    ...ofWallet("getQuotes"),
    ...ofBody("getQuotes"),
    200: [({ quoting }) => ask(quoting, "getQuotes", body("getQuotes"))],
    400: [
      (worlds) => unreadable(worlds, "getQuotes"),
      ({ working }) => ask(working, "getQuotes", { body: { ...bodies.getQuotes, amount_in: "0" } }),
    ],
    404: [({ working }) => ask(working, "getQuotes", body("getQuotes"))],
  },
  getPreflight: {
    ...ofWallet("getPreflight"),
    200: [({ working }) => ask(working, "getPreflight")],
  },
  getOpenApi: open("getOpenApi"),
  getDocs: open("getDocs"),
  getLiveness: open("getLiveness"),
  getReadiness: {
    ...open("getReadiness"),
    503: [({ away }) => ask(away, "getReadiness", { headers: {} })],
  },
};

/** Requests whose headers never end. They are begun before everything else, since a gateway is patient. */
const slow = new Map<string, Promise<RawAnswer>>();

function slowAnswer(operationId: string): Promise<RawAnswer> {
  const answer = slow.get(operationId);
  assert.ok(answer !== undefined);
  return answer;
}

describe("documented responses", () => {
  let worlds: Worlds;
  before(async () => {
    const failing = (code: Code, options: WorldOptions = {}) =>
      startWorld({ ...options, transports: () => answering(() => new ConnectError("x", code)) });
    const notForSessions = [{ desc: ErrorInfoSchema, value: { reason: "NOT_FOR_SESSIONS" } }];
    const denied = new ConnectError("a session cannot have it signed", Code.PermissionDenied, {}, notForSessions);
    const messageBus = { url: "http://127.0.0.1:9/rpc", token: undefined };
    const [working, broken, away, full, session, off, quoting] = await Promise.all([
      startWorld({ config: { gateId } }),
      failing(Code.Internal),
      failing(Code.Unavailable, { dependencies: [{ name: "evidence", state: "away", required: true }] }),
      startWorld({ config: { slots: { requests_in_flight: 0, long_polls: 0, event_streams: 0 } } }),
      startWorld({ transports: () => answering(() => denied) }),
      startWorld({ signIn: false }),
      startWorld({ quoteSources: { messageBus } }),
    ]);
    worlds = { working, broken, away, full, session, off, quoting };
    for (const operationId of Object.keys(bodies)) {
      slow.set(
        operationId,
        sendRaw(working.url, `POST ${operationOf(operationId).path} HTTP/1.1\r\nhost: localhost\r\n`),
      );
    }
  });
  after(() => Promise.all(Object.values(worlds).map((world: World) => world[Symbol.asyncDispose]())));

  it("are each produced here, and nothing else is", () => {
    const listed = [...operations].flatMap(([id, { operation }]) =>
      Object.keys(operation.responses).map((status) => `${id} ${status}`),
    );
    const produced = Object.entries(table).flatMap(([id, ways]) =>
      Object.keys(ways).map((status) => `${id} ${status}`),
    );
    assert.deepEqual(produced.toSorted(), listed.toSorted());
  });

  for (const [operationId, ways] of Object.entries(table)) {
    for (const [status, produce] of Object.entries(ways)) {
      it(`are ${status} of ${operationId}, as documented`, async () => {
        for (const one of produce) {
          const answer = await one(worlds);
          assert.equal(answer.status, Number(status), answer.body);
          assertDocumented(answer, documented(operationId, status));
        }
      });
    }
  }
});
