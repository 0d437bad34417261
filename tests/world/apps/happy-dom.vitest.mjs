// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { defineTests } from "./dom.cjs";

defineTests({ test, expect, where: "happy-dom under Vitest" });
