/** @jest-environment ./jsdom_with_fetch.cjs */
const { defineTests } = require("./dom.cjs");

defineTests({ test, expect, where: "jsdom under Jest" });
