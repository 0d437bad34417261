/** @jsxImportSource npm:react@19.3.1 */
/** @jsxImportSourceTypes npm:@types/react@19.3.0 */
/** The page of a Next app: `app/page.tsx`. It talks to `/api/chat`, which is `route.ts`. */
"use client";

import { useChat } from "npm:@ai-sdk/react@4.0.177";
// @ts-types="npm:@types/react@19.3.0"
import { type FormEvent, type ReactNode, useState } from "npm:react@19.3.1";

/** A chat, with a button that stops the answer, and so cancels the prediction. */
export default function Page(): ReactNode {
  const [text, setText] = useState("");
  const { messages, sendMessage, status, stop, error } = useChat();
  const isBusy = status === "submitted" || status === "streaming";
  const send = (event: FormEvent): void => {
    event.preventDefault();
    sendMessage({ text });
    setText("");
  };
  return (
    <main>
      {messages.map(({ id, role, parts }) => (
        <p key={id}>
          <b>{role === "user" ? "You" : "Model"}:</b>
          {parts.map((part) => part.type === "text" ? part.text : "").join("")}
        </p>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={send}>
        <input value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {isBusy
          ? <button type="button" onClick={() => stop()}>Stop</button>
          : <button type="submit">Send</button>}
      </form>
    </main>
  );
}
