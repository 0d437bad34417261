import { watch } from "../../../../proxies.js";

export const dynamic = "force-dynamic";
export { watch as GET, watch as POST };
