/**
 * Documents in Markdown: their headings, their links, and the anchors that GitHub and the site give
 * to headings.
 *
 * @module
 */

/** A heading of a document. */
export interface Heading {
  /** 1 for the title. */
  level: number;
  /** The text as it is written. */
  text: string;
  /** The name that links to it use, without `#`. */
  anchor: string;
}

/** A link of a document. */
export interface Link {
  target: string;
  /** The line it is on, from 1. */
  line: number;
}

/** The name of a heading for links, as GitHub makes it. */
export function slugOf(heading: string): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim().toLowerCase();
  return plain.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-");
}

/** The headings of a document, in order. Of two with one text, the second gets `-1`. */
export function headingsOf(markdown: string): Heading[] {
  const seen = new Map<string, number>();
  return [...withoutCode(markdown).matchAll(/^(#{1,6}) +(.+?) *#*$/gm)].map(([, marks, text]) => {
    const slug = slugOf(text!);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return { level: marks!.length, text: text!, anchor: count ? `${slug}-${count}` : slug };
  });
}

/** The title of a document: its first heading, without marks of code. */
export function titleOf(markdown: string): string {
  return headingsOf(markdown)[0]?.text.replaceAll("`", "") ?? "";
}

/** The links of a document, images and those of HTML among them. */
export function linksOf(markdown: string): Link[] {
  const text = withoutCode(markdown).replace(/`[^`\n]*`/g, (code) => " ".repeat(code.length));
  const inline =
    /\]\(<?([^\s)>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s*(\S+)|(?:href|src)="([^"]+)"/gm;
  return [...text.matchAll(inline)].map(({ index, 1: link, 2: reference, 3: attribute }) => ({
    target: (link ?? reference ?? attribute)!,
    line: text.slice(0, index).split("\n").length,
  }));
}

/** The document with its blocks of code blank, so that each line keeps its number. */
export function withoutCode(markdown: string): string {
  return markdown.replace(
    /^( *)(```+|~~~+).*\n[^]*?^\1\2 *$/gm,
    (block) => block.replace(/[^\n]/g, ""),
  );
}
