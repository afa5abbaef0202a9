import { type Contract, type Env, MethodNotFound, type PromiseIndex, type Returned } from "../../contract.ts";
import { type Decoder, object } from "./decoder.ts";
import { jsonBytes, readArguments } from "./json.ts";
import { panic } from "./panic.ts";

/** One exported function of a contract, with near-sdk's generated checks. */
export interface Method {
  call(env: Env, name: string, args: Uint8Array): Returned;
}

export interface ChangeOptions {
  /** Gas that the function's own work burns, before it starts. */
  readonly gas: bigint;
  /** Takes a deposit; else one is refused. */
  readonly payable?: true;
  /** Only the contract itself may call it. */
  readonly private?: true;
}

/** Burnt by any view. */
const VIEW_GAS = 1_000_000_000_000n;

/** Does not read the arguments, so any bytes are accepted. */
export const noArguments: Decoder<object> = object({});

/** A function that may write; it gets the name it was called by. Checks in order: deposit, privacy, arguments. */
export function change<A>(
  options: ChangeOptions,
  args: Decoder<A>,
  run: (env: Env, args: A, name: string) => Returned,
): Method {
  return {
    call(env, name, bytes) {
      env.useGas(options.gas);
      if (!options.payable && env.deposit > 0n) panic(`Method ${name} doesn't accept deposit`);
      if (options.private && env.predecessor !== env.current) panic(`Method ${name} is private`);
      return run(env, read(bytes, args), name);
    },
  };
}

/** A function that only reads; its answer is returned as JSON. */
export function view<A>(args: Decoder<A>, answer: (env: Env, args: A) => unknown): Method {
  return {
    call(env, _name, bytes) {
      env.useGas(VIEW_GAS);
      return json(answer(env, read(bytes, args)));
    },
  };
}

/** A contract of the given functions. */
export function contractOf(codeHash: string, methods: Readonly<Record<string, Method>>): Contract {
  const byName = new Map(Object.entries(methods));
  return {
    codeHash,
    call(env, name, args) {
      const method = byName.get(name);
      if (!method) throw new MethodNotFound(name);
      return method.call(env, name, args);
    },
  };
}

/** Rust's `()`: no bytes at all. */
export function nothing(): Returned {
  return { value: new Uint8Array() };
}

export function json(value: unknown): Returned {
  return { value: jsonBytes(value) };
}

/** The promise's result stands in for an answer. */
export function promised(promise: PromiseIndex): Returned {
  return { promise };
}

function read<A>(bytes: Uint8Array, args: Decoder<A>): A {
  return args === noArguments ? args.decode({}) : readArguments(bytes, args);
}
