import { start } from "../../../proxies.js";

export const dynamic = "force-dynamic";
export { start as GET, start as POST };
