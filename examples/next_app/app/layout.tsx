import type { ReactNode } from "react";

export const metadata = { title: "Pictures and poems" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
