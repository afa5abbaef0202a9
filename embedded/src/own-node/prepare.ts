import { readFileSync } from "node:fs";
import { parseSecretKey } from "@outlayer/near";
import { actions, PublicKey } from "near-api-js";
import { ContractsFileError, type OwnAccount, type OwnContract, type OwnContracts } from "./contracts-file.ts";
import { noCode, type OwnNode } from "./own-node.ts";

const near = 10n ** 24n;
const tgas = 10n ** 12n;

/** Gas for each call of a contract's `init`: three of them are within what a transaction may attach. */
const initGas = 80n * tgas;

/** What an account that is made gets: enough for a contract's storage, or for a good many transactions. */
const accountYocto = 30n * near;

/** What a wallet's implicit account gets, so that it exists on chain. */
const walletYocto = near;

/** A wallet's wNEAR in the verifier: topped up to this, in yocto. */
const walletTokens = near / 10n;

/** Raw price of a NEP-145 registration with wNEAR, yocto. */
const registrationYocto = 1_250_000_000_000_000_000_000n;

/** A wallet of the local keystore, and its implicit account. */
export interface OwnWallet {
  readonly wallet_id: string;
  readonly account_id: string;
}

/**
 * Makes sure that the file's accounts exist, that contracts have code, and that each wallet has an account and wNEAR in the verifier.
 * What is there is left as it is; a second run changes nothing.
 * @throws ContractsFileError which names what is missing and cannot be made
 */
export async function prepare(
  node: OwnNode,
  contracts: OwnContracts,
  wallets: readonly OwnWallet[],
  say: (line: string) => void,
): Promise<void> {
  const setUp = new SetUp(node, contracts, say);
  await setUp.account("relayer", contracts.relayer);
  await setUp.account("approver", contracts.approver);
  for (const name of ["wrapped_near", "verifier", "gate", "counter"] as const) {
    const contract = contracts[name];
    if (contract !== undefined) await setUp.contract(name, contract);
  }
  for (const wallet of wallets) await setUp.wallet(wallet);
}

class SetUp {
  readonly #node: OwnNode;
  readonly #contracts: OwnContracts;
  readonly #say: (line: string) => void;

  constructor(node: OwnNode, contracts: OwnContracts, say: (line: string) => void) {
    this.#node = node;
    this.#contracts = contracts;
    this.#say = say;
  }

  /** @param place in the file */
  async account(place: string, account: OwnAccount): Promise<void> {
    if ((await this.#node.codeHash(account.account_id)) !== undefined) return;
    const funder = this.#funder(`${place}: account ${account.account_id} does not exist`);
    if (!account.account_id.endsWith(`.${funder.account_id}`)) {
      throw new ContractsFileError(
        `${place}: account ${account.account_id} does not exist, and only ${funder.account_id}'s sub-accounts can be made`,
      );
    }
    this.#say(`making account ${account.account_id}`);
    const { publicKey } = parseSecretKey(account.secret_key);
    await this.#node.send(funder, account.account_id, [
      actions.createAccount(),
      actions.addFullAccessKey(PublicKey.fromString(publicKey)),
      actions.transfer(accountYocto),
    ]);
  }

  /** @param place in the file */
  async contract(place: string, { account_id, secret_key, wasm, init }: OwnContract): Promise<void> {
    if (secret_key !== undefined) await this.account(place, { account_id, secret_key });
    const codeHash = await this.#node.codeHash(account_id);
    if (codeHash === undefined) throw new ContractsFileError(`${place}: account ${account_id} does not exist`);
    if (codeHash !== noCode) return;
    if (wasm === undefined || secret_key === undefined) {
      throw new ContractsFileError(
        `${place}: account ${account_id} has no contract, and the file does not name both wasm and secret_key`,
      );
    }
    this.#say(`deploying ${wasm} to ${account_id}`);
    const calls = (init ?? []).map(({ method, args }) => actions.functionCall(method, args, initGas, 0n));
    const code = readCode(place, wasm);
    await this.#node.send({ account_id, secret_key }, account_id, [actions.deployContract(code), ...calls]);
  }

  async wallet({ wallet_id, account_id }: OwnWallet): Promise<void> {
    const { verifier, wrapped_near } = this.#contracts;
    if ((await this.#node.codeHash(account_id)) === undefined) {
      this.#say(`making ${wallet_id}'s account ${account_id}`);
      const funder = this.#funder(`wallets: ${wallet_id}'s account ${account_id} does not exist`);
      await this.#node.send(funder, account_id, [actions.transfer(walletYocto)]);
    }
    const token_id = `nep141:${wrapped_near.account_id}`;
    const held = await this.#node.view<string>(verifier.account_id, "mt_balance_of", { account_id, token_id });
    if (BigInt(held) >= walletTokens) return;
    const missing = walletTokens - BigInt(held);
    const funder = this.#funder(`wallets: ${wallet_id} has ${held} of ${token_id} in ${verifier.account_id}`);
    this.#say(`depositing ${missing} of ${token_id} for ${wallet_id}`);
    await this.#node.send(funder, wrapped_near.account_id, [
      actions.functionCall("storage_deposit", { registration_only: true }, 10n * tgas, registrationYocto),
      actions.functionCall(
        "storage_deposit",
        { account_id: verifier.account_id, registration_only: true },
        10n * tgas,
        registrationYocto,
      ),
      actions.functionCall("near_deposit", {}, 10n * tgas, missing),
      actions.functionCall(
        "ft_transfer_call",
        { receiver_id: verifier.account_id, amount: String(missing), msg: account_id },
        100n * tgas,
        1n,
      ),
    ]);
  }

  #funder(missing: string): OwnAccount {
    if (this.#contracts.funder === undefined) {
      throw new ContractsFileError(`${missing}, and the file names no funder to pay for it`);
    }
    return this.#contracts.funder;
  }
}

function readCode(place: string, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ContractsFileError(`${place}: wasm: ${(error as Error).message}`);
  }
}
