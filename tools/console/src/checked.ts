import { useEffect, useState } from "react";
import { pathOf, post } from "./api";
import type { Checked } from "./shapes";

// What the gateway says of a draft, each time it has changed.
export function useChecked(id: string | undefined, etag: string | undefined): Checked | undefined {
  const [answer, setAnswer] = useState<Checked>();
  useEffect(() => {
    if (!id) return undefined;
    let current = true;
    post<Checked>(pathOf("drafts", id) + ":check").then((said) => { if (current) setAnswer(said); }, () => { if (current) setAnswer(undefined); });
    return () => { current = false; };
  }, [id, etag]);
  return answer;
}
