/** Keys and signatures of webhooks, as Standard Webhooks defines them. */

/** One secret or several: `whsec_`, followed by a key in base64. */
export type WebhookSecrets = string | readonly string[];

/**
 * Decodes secrets into keys.
 *
 * @throws {TypeError} If there is none, or one is not base64. The message does not quote it.
 */
export function keysOf(secrets: WebhookSecrets): Uint8Array<ArrayBuffer>[] {
  try {
    const keys = [secrets].flat().map((secret) =>
      // Not @std/encoding, whose decoder alone would be a good part of this door's size.
      Uint8Array.from(atob(secret.trim().replace(/^whsec_/, "")), (char) => char.charCodeAt(0))
    );
    if (keys.length > 0 && keys.every(({ length }) => length > 0)) return keys;
  } catch { /* refused below, without a cause that might quote it */ }
  throw new TypeError(
    "Cannot use the secret: give the `whsec_...` of `client.webhooks.default.secret.get()`",
  );
}

/** One signature for each key: `v1,` and an HMAC-SHA256 in base64, 47 characters in all. */
export async function signaturesOf(
  keys: Uint8Array<ArrayBuffer>[],
  id: string,
  timestamp: string,
  body: string | Uint8Array | ArrayBuffer,
): Promise<string[]> {
  const message = await new Blob([`${id}.${timestamp}.`, body as BlobPart]).arrayBuffer();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return await Promise.all(keys.map(async (key) => {
    const hmac = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
    const mac = await crypto.subtle.sign("HMAC", hmac, message);
    return `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`;
  }));
}
