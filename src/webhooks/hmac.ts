/** What webhooks are signed with: the text after `whsec_` is a key in base64. */
export type WebhookSecrets = string | readonly string[];

/**
 * The keys of secrets.
 *
 * @throws {TypeError} If there is none, or one is not in base64. The message does not show it.
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

/** The HMAC-SHA256 of a message under a key, in base64: 44 characters. */
export async function signatureOf(
  key: Uint8Array<ArrayBuffer>,
  id: string,
  timestamp: string,
  body: Uint8Array,
): Promise<string> {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const message = new Uint8Array(head.length + body.length);
  message.set(head);
  message.set(body, head.length);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const hmac = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", hmac, message);
  return btoa(String.fromCharCode(...new Uint8Array(mac)));
}
