/** A millionth of a wNEAR to mike.near. */
export const dust = {
  kind: "intents.transfer",
  token: "nep141:wrap.near",
  amount: "1000000000000000000",
  receiver_id: "mike.near",
};

/** The smallest workflow that needs a chain. */
export const three = [dust, dust, dust];
export const transfer = (amount: string, token = "nep141:wrap.near") => ({ ...dust, amount, token });

/** An explicit call through the gate, of a contract that takes anybody. */
export const setRegister = (value: number) => ({
  receiver_id: "register.near",
  method_name: "set",
  gas: "30000000000000",
  deposit: "0",
  args_json: { value },
});

/** Lets its calls into chains. */
export const chainsRegister = { GATE_CHAIN_RECEIVERS: "register.near" };

/** The same as a step of a workflow. */
export const registerStep = (value: number) => ({ ...setRegister(value), route: "gate_proxy" });
