/** 13.15 Next, built and started as on a server of one's own, behind nginx: `request.url` is localhost. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "@x/replicate";
import { subscribe } from "@x/replicate/serve";
import { freePort } from "./free_port.mjs";

const NGINX = ["/usr/sbin/nginx", "/usr/bin/nginx"].find(existsSync);
const NEXT = join(import.meta.dirname, "node_modules/next/dist/bin/next");
const APP = join(import.meta.dirname, "next_app");

/** @type {import("node:child_process").ChildProcess[]} */
const children = [];
let folder;
let site;

/** Starts a program, and waits until it has said a word, or has ended. */
async function start(program, args, word) {
  const child = spawn(program, args, { cwd: APP, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let said = "";
  await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      if (said.includes(word)) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", (code) => code === 0 ? resolve() : reject(new Error(said)));
  });
  return child;
}

/** As the handbooks of nginx and Next have it. */
const config = (port, app) => `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${app};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffering off;
    }
  }
}
`;

test("Next behind nginx", {
  skip: NGINX ? false : "there is no nginx: apt-get install nginx-light",
}, async (t) => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "replicate-nginx-"));
    const [port, app] = [await freePort(), await freePort()];
    await start(process.execPath, [NEXT, "build"], "\0 until it ends");
    await start(process.execPath, [NEXT, "start", "-H", "127.0.0.1", "-p", `${app}`], "Ready");
    await writeFile(join(folder, "nginx.conf"), config(port, app));
    start(NGINX, ["-e", "stderr", "-c", join(folder, "nginx.conf")], "\0 never").catch(() => {});
    site = `http://127.0.0.1:${port}`;
    for (let n = 0; n < 100; n++) {
      if (await fetch(site).then(() => true, () => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  after(async () => {
    for (const child of children) child.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const page = (path, headers) => {
    const fetchAsPage = (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, ...headers } });
    return new Client({ auth: "of-a-page", baseUrl: `${site}${path}`, fetch: fetchAsPage });
  };
  const run = (client) => client.run("acme/poet", { input: {} }).text();

  await t.test("13.15 the site's own page is known by Sec-Fetch-Site", async () => {
    const own = { "origin": site, "sec-fetch-site": "same-origin" };
    const client = page("/api/replicate", own);
    assert.equal(await run(client), "Rain taps");
    let text = "";
    for await (const piece of client.stream("acme/poet", { input: {} }).text()) text += piece;
    assert.equal(text, "Rain taps");
  });

  await t.test("13.15 the page of another site is refused", async () => {
    for (const path of ["/api/replicate", "/api/trusted"]) {
      const other = { "origin": "https://evil.example", "sec-fetch-site": "cross-site" };
      const error = await run(page(path, other)).catch((error) => error);
      assert.equal(error.status, 403, String(error));
    }
  });

  await t.test("13.15 an old browser is known by Origin, where the proxy in front is trusted", async () => {
    assert.equal(await run(page("/api/trusted", { origin: site })), "Rain taps");
    const other = page("/api/trusted", { origin: "https://evil.example" });
    assert.equal((await run(other).catch((error) => error)).status, 403);
  });

  await t.test("13.15 a page watches a run by its ticket", async () => {
    const { ticket } = await (await fetch(`${site}/api/start`, { method: "POST" })).json();
    const own = { "origin": site, "sec-fetch-site": "same-origin" };
    const asPage = (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...own } });
    let text = "";
    for await (
      const piece of subscribe(ticket, { url: `${site}/api/watch`, fetch: asPage }).text()
    ) {
      text += piece;
    }
    assert.equal(text, "Rain taps");
  });
});
