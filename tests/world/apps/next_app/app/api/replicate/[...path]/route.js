import { proxy } from "../../../../proxies.js";

export const dynamic = "force-dynamic";
export { proxy as GET, proxy as POST };
