import "@patternfly/react-core/dist/styles/base.css";
import "used-styles";
import "./console.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { firstTheme, setTheme } from "./theme";
import { firstLanguage, setLanguage } from "./words";

setTheme(firstTheme());
setLanguage(firstLanguage());
createRoot(document.getElementById("console")!).render(<App />);
