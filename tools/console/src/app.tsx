// Who is signed in, and with that the shell or the sign-in. When a sign-in ends while somebody works, it is
// asked for above the page, which stays as it is: no typed word is lost.
import { useCallback, useEffect, useState } from "react";
import { asProblem, carryToken, get, onSignedOut, post, type Me, type Problem } from "./api";
import { beginAgain } from "./live";
import { Shell } from "./shell";
import { SignIn } from "./sign_in";
import { useLanguage } from "./words";

// The one-time code of `sluicectl console`, taken out of the address before anything else happens.
function codeInAddress(): string | undefined {
  const found = /^#code=([\w.~-]+)$/.exec(location.hash);
  if (!found) return undefined;
  history.replaceState(null, "", location.pathname + "#/");
  return found[1];
}

const first = codeInAddress();

export function App() {
  useLanguage();
  const [me, setMe] = useState<Me>();
  const [stage, setStage] = useState<"asking" | "out" | "in" | "expired">("asking");
  const [problem, setProblem] = useState<Problem>();

  const enter = useCallback((who: Me) => {
    carryToken(who.csrf ?? "");
    setMe(who);
    setProblem(undefined);
    setStage("in");
    beginAgain();
  }, []);

  useEffect(() => {
    onSignedOut(() => setStage((now) => (now === "in" ? "expired" : now)));
    const begin = async (code: string | undefined) => {
      try {
        enter(code ? await post<Me>("sign-in", { code }) : await get<Me>("me"));
      } catch (error) {
        const found = asProblem(error);
        setProblem(code || found.status !== 401 ? found : undefined);
        setStage("out");
      }
    };
    void begin(first);
    // A link that is opened where the console is open already.
    const linked = () => {
      const code = codeInAddress();
      if (code) void begin(code);
    };
    addEventListener("hashchange", linked);
    return () => removeEventListener("hashchange", linked);
  }, [enter]);

  const leave = async () => {
    await post("sign-out").catch(() => undefined);
    carryToken("");
    setMe(undefined);
    setStage("out");
    location.hash = "#/";
  };

  if (stage === "asking") return null;
  if (stage === "out" || !me) return <SignIn problem={problem} entered={enter} />;
  return (
    <>
      <Shell me={me} leave={() => void leave()} />
      {stage === "expired" && <SignIn again={me.name} entered={enter} />}
    </>
  );
}
