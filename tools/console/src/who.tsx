// Who looks at the console, and what that role may. What is not allowed is shown, but not offered; the gateway
// decides in any case.
import { createContext, useContext } from "react";
import type { Me } from "./api";

const Who = createContext<Me>({ name: "", role: "viewer" });
export const MeProvider = Who.Provider;
export const useMe = () => useContext(Who);

const RANKS = ["auditor", "viewer", "operator", "administrator"];
export function useMay(role: "operator" | "administrator") {
  return RANKS.indexOf(useMe().role) >= RANKS.indexOf(role);
}
