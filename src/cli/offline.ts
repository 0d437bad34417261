/** The fake behind `--offline`, with a few models that do something to look at. */

import { type FakeModel, FakeReplicate } from "../testing/mod.ts";

const POEM = "Rain taps the roof all night, a patient, silver hand;\n" +
  "by dawn the garden drinks the light that rises from the land.";

/** Colours of fruits that a prompt may name. */
const FRUITS: Readonly<Record<string, string>> = {
  fig: "#6e3278",
  plum: "#4b2a6b",
  pear: "#b5c240",
  apple: "#c8372d",
  lemon: "#e8cf3a",
  cherry: "#a3142e",
};

const MODELS: Readonly<Record<string, FakeModel>> = {
  "demo/poet": {
    official: true,
    description: "Writes two lines about rain, word by word",
    schema: {
      Input: {
        type: "object",
        properties: {
          prompt: { type: "string", description: "The subject, which it ignores", "x-order": 0 },
          max_tokens: {
            type: "integer",
            minimum: 1,
            maximum: 512,
            default: 64,
            description: "The most words",
            "x-order": 1,
          },
        },
        required: ["prompt"],
      },
      Output: {
        type: "array",
        items: { type: "string" },
        "x-cog-array-type": "iterator",
        "x-cog-array-display": "concatenate",
      },
    },
    async *run({ max_tokens }, job): AsyncGenerator<string> {
      for (const word of POEM.split(/(?= )/).slice(0, Number(max_tokens))) {
        await job.sleep(30);
        yield word;
      }
    },
  },
  "demo/painter": {
    official: true,
    description: "Paints a fruit on a plate",
    schema: {
      Input: {
        type: "object",
        properties: {
          prompt: { type: "string", description: "The fruit to paint", "x-order": 0 },
          num_outputs: { type: "integer", minimum: 1, maximum: 4, default: 1, "x-order": 1 },
          background: { enum: ["linen", "slate"], type: "string", default: "linen", "x-order": 2 },
        },
        required: ["prompt"],
      },
      Output: { type: "array", items: { type: "string", format: "uri" } },
    },
    async run({ prompt, num_outputs, background }, job): Promise<File[]> {
      for (let step = 1; step <= 20; step++) {
        await job.sleep(40);
        job.progress(step, 20);
      }
      const picture = painting(String(prompt), background === "slate");
      const name = "plate.svg";
      return Array.from(
        { length: Number(num_outputs) },
        () => new File([picture], name, { type: "image/svg+xml" }),
      );
    },
  },
  "demo/reader": {
    description: "Counts the letters of a file",
    schema: {
      Input: {
        type: "object",
        properties: { file: { type: "string", format: "uri", description: "The file to read" } },
        required: ["file"],
      },
      Output: { type: "object" },
    },
    async run({ file }, job): Promise<unknown> {
      const { size, type } = job.file(String(file));
      await job.sleep(100);
      return { bytes: size, type };
    },
  },
  "demo/picky": {
    official: true,
    description: "Fails, to show how that looks",
    schema: {
      Input: { type: "object", properties: { prompt: { type: "string" } } },
      Output: { type: "string" },
    },
    run(_, job): never {
      job.log("Loading weights\n");
      return job.fail("CUDA out of memory");
    },
  },
};

/** A fake that lives as long as the command, with two predictions of an earlier day. */
export function offlineFake(): FakeReplicate {
  const fake = new FakeReplicate({ models: MODELS, owner: "demo" });
  fake.predict("demo/poet", { prompt: "rain", max_tokens: 4 });
  fake.predict("demo/painter", { prompt: "a pear" });
  return fake;
}

/** A fruit on a blue plate. */
function painting(prompt: string, isDark: boolean): string {
  const word = Object.keys(FRUITS).find((it) => prompt.toLowerCase().includes(it)) ?? "fig";
  const back = isDark ? "#3c4650" : "#ece6da";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240">
<rect width="320" height="240" fill="${back}"/>
<ellipse cx="160" cy="140" rx="130" ry="80" fill="#466ebe"/>
<ellipse cx="160" cy="140" rx="100" ry="60" fill="#5b83cf"/>
<path d="M160 60c12 22 52 36 52 74a52 48 0 0 1-104 0c0-38 40-52 52-74z" fill="${FRUITS[word]}"/>
<ellipse cx="142" cy="112" rx="10" ry="18" fill="#fff" opacity=".35"/>
</svg>
`;
}
