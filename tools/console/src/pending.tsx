// A change that takes itself back unless somebody confirms it: above every screen, with the time that is left.
import { useEffect, useState } from "react";
import { Banner, Button } from "@patternfly/react-core";
import { asProblem, post, type Me } from "./api";
import { useDeed } from "./ask";
import { refreshDrafts } from "./drafts";
import { span } from "./format";
import { forgetPending, useLive } from "./live";
import { t } from "./words";

function useSecondsLeft(until: string | undefined) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!until) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return until ? Math.max(0, Date.parse(until) - now) : 0;
}

// A confirmation counts only over a connection made after the change, which shows that the gateway can still be reached.
// Browsers take one that they have; the gateway closes each over which it had to refuse, so soon there is a new one.
const CONNECTIONS_MOST = 8;

async function confirm() {
  for (let tried = 1; ; ++tried) {
    try {
      await post("pending:confirm");
      return;
    } catch (error) {
      if (asProblem(error).status !== 409 || tried === CONNECTIONS_MOST) throw error;
    }
  }
}

export function PendingBanner({ me }: { me: Me }) {
  const { pending } = useLive();
  const left = useSecondsLeft(pending?.until);
  const deed = useDeed(async (verb: "confirm" | "rollback" | "extend") => {
    if (verb === "confirm") await confirm();
    else await post(`pending:${verb}`, verb === "extend" ? { by: "2m" } : undefined);
    if (verb !== "extend") forgetPending();
    refreshDrafts();
  });
  if (!pending) return null;
  const may = me.role === "administrator";
  return (
    <Banner status="warning" className="pending" role="region" aria-label={t("A change waits for its confirmation")}>
      <span className="wrap">{t("“{what}” by {who} takes itself back in", { what: pending.message || pending.draft || "–", who: pending.by })} <strong role="timer">{span(left)}</strong></span>
      {may && (
        <span className="pending-buttons">
          <Button size="sm" onClick={() => void deed.run("confirm")} isDisabled={deed.busy}>{t("Confirm")}</Button>
          <Button size="sm" variant="secondary" onClick={() => void deed.run("rollback")} isDisabled={deed.busy}>{t("Roll back")}</Button>
          <Button size="sm" variant="link" onClick={() => void deed.run("extend")} isDisabled={deed.busy}>{t("2 minutes more")}</Button>
        </span>
      )}
      {deed.problem && <span role="alert" className="wrap">{deed.problem.detail}</span>}
    </Banner>
  );
}
