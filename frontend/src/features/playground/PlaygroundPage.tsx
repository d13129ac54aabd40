import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical } from "lucide-react";
import { useMemo, useState } from "react";
import { useOfferActions, type Action } from "@/actions";
import { modelsQuery, problemOf, type Model } from "@/api";
import { useCan, useMe } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { EmptyState, Page, TableSkeleton, View } from "@/ui";
import { modelsOf, suggested, textOf } from "./chosen";
import { CopyComparison } from "./CopyComparison";
import { Lanes } from "./Lanes";
import { ModelChoice } from "./ModelChoice";
import { PromptForm } from "./PromptForm";
import { questionOf, sessionOf, type Draft, type DraftFault } from "./session";
import { useRunning } from "./useLane";

/** One question to several models, side by side. */
export function PlaygroundPage() {
  const t = useT();
  const models = useQuery(modelsQuery());
  const mayAdd = useCan("providers.read");
  return (
    <Page title={t("playground.title")} lead={t("playground.lead")} fill actions={<CopyComparison />}>
      <View
        query={models}
        problem={models.error ? problemOf(models.error) : undefined}
        skeleton={<TableSkeleton rows={6} columns={2} />}
        isEmpty={(all) => !all.some((model) => model.kind === "chat")}
        empty={
          <EmptyState
            icon={<FlaskConical size={20} aria-hidden />}
            title={t("playground.noModels")}
            action={mayAdd && <Link to={"/providers" as never} className="rounded-sm text-sm font-medium text-accent-text hover:underline">{t("playground.toProviders")}</Link>}
          >
            {t("playground.noModelsText")}
          </EmptyState>
        }
      >
        {(all) => <Bench models={all} />}
      </View>
    </Page>
  );
}

function Bench({ models }: { models: readonly Model[] }) {
  const t = useT();
  const session = sessionOf(useMe().user_id);
  const { contest } = session;
  const [named, setNamed] = useUrlState("models");
  const chosen = useMemo(() => (named ? modelsOf(named) : suggested(models)), [named, models]);
  const [draft, setDraft] = useState<Draft>(session.draft);
  const [wrong, setWrong] = useState<DraftFault>();
  const running = useRunning(contest);
  const change = (part: Partial<Draft>) => {
    session.change(part);
    setDraft(session.draft());
    setWrong(undefined);
  };
  const actions = useMemo<Action[]>(() => {
    const run = () => {
      const question = questionOf(session.draft());
      if (typeof question === "string") return setWrong(question);
      contest.start(question, chosen);
    };
    return [
      { id: "playground.run", label: t("playground.run"), group: "view", shortcuts: ["mod+enter"], inText: true, run },
      ...(running ? [{ id: "playground.stop", label: t("playground.stopAll"), group: "view" as const, shortcuts: ["escape"], inText: true, run: () => contest.stop() }] : []),
    ];
  }, [t, session, contest, chosen, running]);
  useOfferActions(actions);
  const again = (model: string) => {
    const question = questionOf(session.draft());
    if (typeof question === "string") setWrong(question);
    else contest.again(question, model);
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col max-md:overflow-y-auto">
      <PromptForm draft={draft} onDraft={change} wrong={wrong} running={running} canRun={chosen.length > 0} onRun={() => actions[0]?.run()} onStop={() => contest.stop()}>
        <ModelChoice
          chosen={chosen}
          models={models}
          onChange={(next) => {
            for (const model of chosen) if (!next.includes(model)) contest.stop(model);
            setNamed(textOf(next));
          }}
        />
      </PromptForm>
      <Lanes contest={contest} chosen={chosen} models={models} onAgain={again} />
    </div>
  );
}
