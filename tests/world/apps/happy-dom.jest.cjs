/** @jest-environment @happy-dom/jest-environment */
const { defineTests } = require("./dom.cjs");

defineTests({ test, expect, where: "happy-dom under Jest" });
