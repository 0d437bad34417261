// @vitest-environment jsdom
import { expect, test } from "vitest";
import { defineTests } from "./dom.cjs";

defineTests({ test, expect, where: "jsdom under Vitest" });
