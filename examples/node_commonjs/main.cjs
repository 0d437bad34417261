/** Paints from the command line, in CommonJS: `node main.cjs "a fig on a plate"`. */

const { Client, PredictionError } = require("@x/replicate");

async function main() {
  const prompt = process.argv[2] ?? "a fig on a plate";
  const client = new Client();
  try {
    const file = await client.run("black-forest-labs/flux-schnell", {
      input: { prompt },
      timeout: "5m",
    }).file();
    await file.save(file.filename);
    console.log(`Saved ${file.filename}`);
  } catch (error) {
    if (!(error instanceof PredictionError)) throw error;
    console.error(`The model failed (${error.kind}): ${error.message}`);
    process.exitCode = 1;
  }
}

main();
