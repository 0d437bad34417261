"use client";

import { Client } from "@x/replicate";
import { type FormEvent, useRef, useState } from "react";

/** Edits a picture that the visitor uploads, and writes a poem on it meanwhile. */
export default function Page() {
  const [image, setImage] = useState("");
  const [poem, setPoem] = useState("");
  const [error, setError] = useState("");
  const leaving = useRef<AbortController>(undefined);

  async function make(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const prompt = `${form.get("prompt")}`;
    const { signal } = leaving.current = new AbortController();
    setError("");
    setPoem("");
    try {
      // Made here, as a server that renders this page has no address for a path.
      const client = new Client({ baseUrl: "/api/replicate" });
      const picture = client.run("black-forest-labs/flux-kontext-pro", {
        input: { prompt, input_image: form.get("photo") as File },
        signal,
      });
      const words = client.stream("meta/meta-llama-3-8b-instruct", { input: { prompt }, signal });
      for await (const word of words.text()) setPoem((before) => before + word);
      // The URL of the file: that is what it is as text.
      setImage(String(await picture));
    } catch (error) {
      if (!signal.aborted) setError(String(error));
    }
  }

  return (
    <main>
      <form onSubmit={make}>
        <input name="photo" type="file" accept="image/*" required />
        <input name="prompt" defaultValue="at night" />
        <button type="submit">Make</button>
        <button type="button" onClick={() => leaving.current?.abort()}>Stop</button>
      </form>
      <pre>{poem}</pre>
      {image && <img src={image} alt={poem} width={300} />}
      {error && <p role="alert">{error}</p>}
    </main>
  );
}
