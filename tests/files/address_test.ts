import { assertEquals, assertRejects } from "@std/assert";
import { ReplicateError } from "../../src/errors.ts";
import { checkAddress, isFileUrl, isOwnFile, isPrivate } from "../../src/files/address.ts";
import type { Send } from "../../src/http/types.ts";
import { connect } from "./helpers.ts";

Deno.test("isFileUrl() takes the whole text of an https:, data: or own URL only", () => {
  const { send } = connect({ baseUrl: "http://127.0.0.1:8080/v1" });
  const files = [
    "https://replicate.delivery/a/b.png",
    "https://example.com",
    "http://127.0.0.1:8080/delivery/a.png",
    "data:image/png;base64,aGk=",
    "data:;base64,",
    "data:text/plain;charset=utf-8;base64,aGk=",
  ];
  const texts = [
    "",
    "see https://example.com/a.png",
    "https://example.com/a.png is it",
    " https://example.com/a.png",
    "https://example.com/a.png\n",
    "https://",
    "http://example.com/a.png",
    "http://127.0.0.1:8081/a.png",
    "data:text/plain,hello",
    "data:text/plain;base64,not base64!",
    "data: I have none",
    "ftp://example.com/a.png",
    "file:///etc/passwd",
    "/a.png",
  ];
  assertEquals(files.filter((text) => !isFileUrl(send, text)), []);
  assertEquals(texts.filter((text) => isFileUrl(send, text)), []);
});

Deno.test("isPrivate() knows the addresses of one's own machine and networks", () => {
  const hosts = (list: string): string[] =>
    list.split(" ").map((host) => new URL(`https://${host}/`).hostname);
  const own = hosts(
    "localhost localhost. a.localhost redis printer.local metadata.google.internal 127.0.0.1 127.1 " +
      "2130706433 0x7f.0.0.1 017700000001 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 " +
      "169.254.169.254 100.64.0.1 198.18.0.1 198.19.0.1 192.0.0.1 192.0.2.7 198.51.100.1 203.0.113.9 224.0.0.1 255.255.255.255 [::] [::1] [::ffff:127.0.0.1] " +
      "[::ffff:10.0.0.1] [fe80::1] [fc00::1] [fd12:3456::1] [ff02::1] [64:ff9b::7f00:1] [2002:7f00:1::] " +
      "[::7f00:1] [2001:db8::1] [64:ff9b:1::808:808] [64:ff9b:0:1::808:808] [::ffff:0:808:808] " +
      "[2002:a00:1::808] [4000::1]",
  );
  const open = hosts(
    "replicate.delivery example.com 8.8.8.8 172.32.0.1 172.15.0.1 100.128.0.1 192.169.0.1 1.1.1.1 " +
      "192.0.1.1 192.1.0.1 198.20.0.1 198.51.101.1 198.52.100.1 203.0.114.1 203.1.113.1 169.253.0.1 " +
      "[2606:4700::1111] [2001:4860:4860::8888] [::ffff:8.8.8.8] [64:ff9b::808:808] [2002:808:808::1] [2002:808::] " +
      "[3fff::1] localhost.example.com",
  );
  assertEquals(own.filter((host) => !isPrivate(host)), []);
  assertEquals(open.filter(isPrivate), []);
});

Deno.test("checkAddress() lets the API's origin pass, and what allowDownload allows", async () => {
  const own = connect({ baseUrl: "http://127.0.0.1:8080/v1" }).send;
  await checkAddress(own, new URL("http://127.0.0.1:8080/a.png"), "download it");
  const refused = async (url: string, send = own): Promise<void> =>
    void await assertRejects(
      () => checkAddress(send, new URL(url), "download it"),
      ReplicateError,
    );
  await refused("http://127.0.0.1:8081/a.png");
  await refused("http://example.com/a.png");
  await refused("https://10.0.0.1/a.png");
  await refused("file:///etc/passwd");
  const { send } = connect({ allowDownload: ({ hostname }) => hostname === "10.0.0.1" });
  await checkAddress(send, new URL("http://10.0.0.1/a.png"), "download it");
  await refused("https://replicate.delivery/a.png", send);
});

Deno.test("checkAddress() says why a URL is not fetched, and quotes no password", async () => {
  const { send } = connect();
  const why = async (url: string): Promise<string> =>
    (await assertRejects(() => checkAddress(send, new URL(url), "save"), ReplicateError)).message;
  assertEquals(
    await why("https://me:secret@example.com/a"),
    "Cannot save from example.com: its URL has a user name or a password",
  );
  assertEquals(
    await why("blob:https://example.com/1"),
    "Cannot save from blob:: blob: is not fetched",
  );
  assertEquals(
    await why("http://example.com/a"),
    "Cannot save from example.com: http: is not fetched unless allowDownload allows it",
  );
});

Deno.test("isFileUrl() and isOwnFile() know the API where the client has no baseUrl", () => {
  const send = (() => {}) as unknown as Send;
  const base = "https://api.replicate.com/v1/files";
  const own = [`${base}/f1`, `${base}/f1/download`];
  const others = [
    base,
    `${base}/`,
    `${base}/f1/delete`,
    `${base}/..%2fpredictions`,
    "https://replicate.delivery/v1/files/f1",
  ];
  assertEquals(own.filter((url) => !isOwnFile(send, new URL(url))), []);
  assertEquals(others.filter((url) => isOwnFile(send, new URL(url))), []);
  assertEquals(isFileUrl(send, "http://api.replicate.com/v1/files/f1"), false);
});
