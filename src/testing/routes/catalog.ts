/** The routes for what is the same for every account, and for the account itself. */

import { ErrorAnswer, json, notFound } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import { page } from "../page.ts";
import type { FakeCollection } from "../types.ts";
import { viewModel, type Wire } from "../view.ts";
import type { World } from "../world.ts";

const HARDWARE = [
  { name: "CPU", sku: "cpu" },
  { name: "Nvidia T4 GPU", sku: "gpu-t4" },
  { name: "Nvidia L40S GPU", sku: "gpu-l40s" },
  { name: "Nvidia A100 (80GB) GPU", sku: "gpu-a100-large" },
];

export function getAccount({ world }: Context): Response {
  return json({
    type: "organization",
    username: world.owner,
    name: world.owner,
    github_url: `https://github.com/${world.owner}`,
  });
}

export function listHardware(): Response {
  return json(HARDWARE);
}

export function getSecret({ world }: Context): Response {
  return json({ key: world.webhooks.secret });
}

export function listCollections(context: Context): Response {
  const all = Object.entries(collectionsOf(context.world));
  return json(page(context, all, ([slug]) => slug, ([slug, one]) => viewCollection(slug, one)));
}

export function getCollection(context: Context): Response {
  const slug = context.params.slug!;
  const collection = collectionsOf(context.world)[slug];
  if (!collection) throw notFound("The collection");
  const models = collection.models.map((ref) => {
    const [owner = "", name = ""] = ref.split("/");
    return context.world.models.get(owner, name);
  }).filter((model) => model !== undefined);
  return json({
    ...viewCollection(slug, collection),
    full_description: collection.full_description ?? null,
    models: models.map(viewModel),
  });
}

export function search({ world, url }: Context): Response {
  const query = url.searchParams.get("query");
  if (!query) throw new ErrorAnswer(400, "The query is missing", { bare: true });
  const limit = Number(url.searchParams.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 50) {
    throw new ErrorAnswer(400, "The limit must be from 1 to 50", { bare: true });
  }
  const text = query.toLowerCase();
  const collections = Object.entries(collectionsOf(world))
    .filter(([slug, { name = slug }]) => `${slug} ${name}`.toLowerCase().includes(text))
    .map(([slug, one]) => ({ ...viewCollection(slug, one), models: one.models }));
  return json({
    query,
    models: world.models.search(query).slice(0, limit).map((model) => ({
      model: viewModel(model),
      metadata: { generated_description: null, tags: [], score: 1 },
    })),
    collections,
    pages: text.includes("docs") ? [{ name: "Documentation", href: "/docs" }] : [],
  });
}

function collectionsOf(world: World): Readonly<Record<string, FakeCollection>> {
  const official = world.models.all().filter((model) => model.official);
  const models = official.map(({ owner, name }) => `${owner}/${name}`);
  return world.options.collections ?? { official: { name: "Official models", models } };
}

function viewCollection(slug: string, { name, description }: FakeCollection): Wire {
  return { name: name ?? slug, slug, description: description ?? "" };
}
