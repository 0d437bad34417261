import { trusting } from "../../../../proxies.js";

export const dynamic = "force-dynamic";
export { trusting as GET, trusting as POST };
