/** The default theme of VitePress, in our colours. */

import DefaultTheme from "vitepress/theme";
import "./style.css";

export default DefaultTheme;
