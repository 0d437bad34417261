/**
 * Draws `docs/demo.svg`, the picture in the README: a terminal with what `deno task demo` really prints on
 * the embedded fake.
 *
 * `deno run -A scripts/demo_picture.ts`
 *
 * @module
 */

/** The width of a character and the height of a line, in units of the picture. */
const CHARACTER = 8.43;
const LINE = 20;
const MARGIN = 20;
/** The bar at the top of the window. */
const BAR = 34;

/** Draws a terminal with so many columns. Headings are bright, commands have a green prompt. */
export function drawTerminal(text: string, title: string, columns = 100): string {
  const lines = text.trimEnd().split("\n").flatMap((line) => wrapped(line, columns));
  const width = Math.ceil(columns * CHARACTER) + 2 * MARGIN;
  const height = lines.length * LINE + 2 * MARGIN + BAR;
  const rows = lines.map(({ text, color }, row) => {
    const y = BAR + MARGIN + (row + 0.75) * LINE;
    return text === "" ? "" : `    <text x="${MARGIN}" y="${y}">${painted(text, color)}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
  <title>${escaped(title)}</title>
  <rect width="${width}" height="${height}" rx="10" fill="#16181d" />
  <circle cx="22" cy="18" r="6" fill="#f26d5f" />
  <circle cx="42" cy="18" r="6" fill="#f2c14e" />
  <circle cx="62" cy="18" r="6" fill="#5fb878" />
  <g fill="#b9c0cc" font-size="14" font-family="ui-monospace, Menlo, Consolas, monospace">
${rows.join("")}  </g>
</svg>
`;
}

/** A line in pieces, each in the color of the whole, as a terminal breaks it. */
function wrapped(line: string, columns: number): { text: string; color: string }[] {
  const isError = /^(replicate: Cannot|\w*Error\b)/.test(line);
  const color = isError ? "#f2a65f" : line.startsWith("$ ") ? "#7fc7ff" : "";
  const pieces = line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""];
  return pieces.map((text) => ({ text, color }));
}

function painted(text: string, color: string): string {
  if (/^\d+\. /.test(text)) {
    return `<tspan fill="#ffffff" font-weight="bold">${escaped(text)}</tspan>`;
  }
  if (text.startsWith("$ ")) {
    return `<tspan fill="#5fb878">$</tspan> <tspan fill="${color}">${
      escaped(text.slice(2))
    }</tspan>`;
  }
  return color ? `<tspan fill="${color}">${escaped(text)}</tspan>` : escaped(text);
}

/** Text in markup, where spaces side by side would count as one. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll("  ", "\u00a0\u00a0");
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  const { REPLICATE_API_TOKEN: _, ...env } = Deno.env.toObject();
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", "deno task --quiet demo 2>&1"],
    env: { ...env, NO_COLOR: "1", TMPDIR: folder },
    clearEnv: true,
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`Cannot run the demo: ${text}${new TextDecoder().decode(stderr)}`);
  const shown = `$ deno task demo\n${text.replaceAll(`${folder}/`, "")}`;
  const picture = drawTerminal(shown, "The output of deno task demo");
  const path = `${import.meta.dirname}/../docs/demo.svg`;
  await Deno.writeTextFile(path, picture);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path] }).output();
}
