import { AccountIdError, parseAccountId } from "../account-id.ts";
import { type Curve, PUBLIC_KEY_LENGTHS, type PublicKey, SIGNATURE_LENGTHS, type Signature } from "../keys.ts";
import { type Codec, fixedBytes, text } from "./codec.ts";
import { BorshError } from "./reader.ts";

/** A string that must be an account id. @throws BorshError `invalid value: "…", the Account ID …` */
export const accountId: Codec<string> = {
  read(reader) {
    const value = reader.text();
    try {
      return parseAccountId(value);
    } catch (error) {
      if (error instanceof AccountIdError) throw new BorshError(`invalid value: "${value}", ${error.message}`);
      throw error;
    }
  },
  write: text.write,
};

/** Tag 0 and 32 bytes, or tag 1 and 64 bytes (`near_crypto::PublicKey`). */
export const publicKey: Codec<PublicKey> = onCurve(PUBLIC_KEY_LENGTHS);

/** Tag 0 and 64 bytes, or tag 1 and 65 bytes (`near_crypto::Signature`). */
export const signature: Codec<Signature> = onCurve(SIGNATURE_LENGTHS);

const NEAR_CURVES: readonly Curve[] = ["ed25519", "secp256k1"];

function onCurve(lengths: Readonly<Record<Curve, number>>): Codec<PublicKey> {
  return {
    read(reader) {
      const tag = reader.u8();
      const curve = NEAR_CURVES[tag];
      if (!curve) throw new BorshError(`Unexpected variant tag: ${tag}`);
      return { curve, data: reader.take(lengths[curve]) };
    },
    write(value) {
      const tag = NEAR_CURVES.indexOf(value.curve);
      if (tag < 0) throw new BorshError(`no NEAR key on curve ${value.curve}`);
      return [Uint8Array.of(tag), ...fixedBytes(lengths[value.curve]).write(value.data)];
    },
  };
}
