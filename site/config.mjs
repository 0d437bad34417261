/** The settings of VitePress. The pages and the sidebar come from `scripts/docs.ts`. */

import { readFileSync } from "node:fs";

const { sidebar, doors, version } = JSON.parse(readFileSync(new URL("data.json", import.meta.url)));
const REPOSITORY = "https://github.com/x/replicate";

/** A fig. */
const ICON = `data:image/svg+xml,${
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M4 0h1v2a4 4 0 1 1-1 0z" fill="#6e3278"/></svg>',
  )
}`;

/** The name of a heading as GitHub makes it, so that one link does for both. */
function slugify(heading) {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-");
}

export default {
  title: "@x/replicate",
  description: "A client for Replicate's HTTP API, on Deno, Bun, Workers, Node and in browsers",
  lang: "en",
  head: [["link", { rel: "icon", type: "image/svg+xml", href: ICON }]],
  base: "/replicate/",
  srcDir: "pages",
  outDir: "dist",
  cleanUrls: true,
  markdown: {
    anchor: { slugify },
    toc: { slugify },
    theme: { light: "github-light", dark: "github-dark" },
  },
  themeConfig: {
    sidebar: sidebar.map((group) => ({ ...group, collapsed: false })),
    nav: [
      { text: "Guides", link: "/first_run" },
      { text: "Examples", link: "/examples" },
      { text: "Errors", link: "/errors" },
      { text: "Operations", link: "/operations" },
      {
        text: "API",
        // No pages of VitePress: plain links, which leave its router.
        items: doors.map(({ name, path }) => ({
          text: name,
          link: `/api/${path}`,
          target: "_self",
        })),
      },
      { text: version, items: [{ text: "Changelog", link: "/changelog" }] },
    ],
    outline: [2, 3],
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: REPOSITORY }],
    externalLinkIcon: false,
    footer: { message: "MIT licensed" },
  },
};
