/** @jsxImportSource npm:react@19.3.1 */
/** @jsxImportSourceTypes npm:@types/react@19.3.0 */
import { assertEquals } from "@std/assert";
// @ts-types="npm:@types/react@19.3.0"
import { act, type ReactNode } from "npm:react@19.3.1";
// @ts-types="npm:@types/react-test-renderer@19.1.0"
import { create, type ReactTestRenderer } from "npm:react-test-renderer@19.3.1";
import { type StreamState, useRun, useStream } from "../../examples/react_hooks.tsx";
import type { Job } from "../../mod.ts";
import { issueTicket, ticketHandler } from "../../src/serve/mod.ts";
import { inWorld, taking, type World, yielding } from "../run/world.ts";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const key = "a secret of the server's own";
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The options of a page whose server has this client, and a ticket for one of its jobs. */
async function pageOf(
  { client }: World,
  job: Job,
): Promise<{ ticket: string; fetch: (url: string, init: RequestInit) => Promise<Response> }> {
  const handler = ticketHandler({ client, key, onError: () => {} });
  const ticket = await issueTicket(job.detach(), { key, can: ["watch", "cancel"] });
  const fetch = (url: string, init: RequestInit): Promise<Response> =>
    handler(new Request(new URL(url, "https://app.example"), init));
  return { ticket, fetch };
}

Deno.test("examples/react_hooks.tsx shows the output of a run as it comes, and its end", () =>
  inWorld({ "acme/a": yielding(["Rain", " taps"], 500) }, async (world) => {
    const page = await pageOf(world, await world.client.start("acme/a", { input: {} }));
    const shown: string[] = [];
    function Poem({ ticket }: { ticket: string | undefined }): ReactNode {
      const { status, text, run } = useStream(ticket, { fetch: page.fetch });
      const { status: end } = useRun(ticket, { fetch: page.fetch });
      shown.push(`${status} ${text} ${run?.status ?? ""} ${end}`);
      return <p>{text}</p>;
    }
    let tree: ReactTestRenderer;
    await act(async () => tree = await create(<Poem ticket={undefined} />));
    await act(async () => await tree.update(<Poem ticket={page.ticket} />));
    for (let turns = 0; turns < 20; turns++) await act(async () => await sleep(100));
    assertEquals(tree!.toJSON(), { type: "p", props: {}, children: ["Rain taps"] } as never);
    assertEquals([shown[0], shown.at(-1)], [
      "idle   idle",
      "succeeded Rain taps succeeded succeeded",
    ]);
    assertEquals(shown.some((it) => it.startsWith("running Rain  ")), true, shown.join("\n"));
    await act(async () => await tree.unmount());
  }));

Deno.test("examples/react_hooks.tsx cancels a run, and only stops watching when it goes away", () =>
  inWorld({ "acme/a": taking(60_000) }, async (world) => {
    const { client, fake } = world;
    const first = await client.start("acme/a", { input: {} });
    const second = await client.start("acme/a", { input: {} });
    const one = await pageOf(world, first);
    const two = await pageOf(world, second);
    let state: StreamState | undefined;
    function Page({ page }: { page: typeof one }): ReactNode {
      state = useStream(page.ticket, { fetch: page.fetch });
      return null;
    }
    let tree: ReactTestRenderer;
    await act(async () => tree = await create(<Page page={one} />));
    await act(async () => await sleep(500));
    await act(async () => await state?.cancel());
    for (let turns = 0; turns < 20; turns++) await act(async () => await sleep(100));
    assertEquals([state?.status, fake.cancels], ["canceled", [first.id]]);
    await act(async () => await tree.update(<Page page={two} />));
    await act(async () => await sleep(500));
    assertEquals(state?.status, "running");
    await act(async () => await tree.unmount());
    await sleep(1000);
    assertEquals(fake.cancels, [first.id]);
  }));
