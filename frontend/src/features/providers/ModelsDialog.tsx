import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus, Search } from "lucide-react";
import { useMemo, useRef, useState, type FormEvent } from "react";
import { adminKeys, patchProvider, problemOf, testProvider, type Provider, type ProviderTest } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, Dialog, ErrorState, Input, useToasts } from "@/ui";
import { choiceOf, choicesOf, modelsOf, wrongWith, type Choice, type Wrong } from "./choice";
import { ChoiceRow } from "./ChoiceRow";
import { TestResult } from "./TestResult";

interface Props {
  provider: Provider;
  /** What a test found just now: which models the endpoint lists. */
  test?: ProviderTest | undefined;
  onClose: () => void;
  onSaved: () => void;
}

/** A list of hundreds is searched, not scrolled. */
const most = 60;

export function ModelsDialog({ provider, test: given, onClose, onSaved }: Props) {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const client = useQueryClient();
  const [choices, setChoices] = useState<readonly Choice[]>(() => choicesOf(provider.models, given?.models ?? [], format));
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<Wrong>();
  const own = useRef<HTMLInputElement>(null);
  const ask = useMutation({
    mutationFn: () => testProvider(provider.id),
    onSuccess: (test) => {
      setChoices((now) => [...now, ...test.models.filter((name) => !now.some((c) => c.upstream === name)).map((name) => choiceOf(name))]);
      void client.invalidateQueries({ queryKey: adminKeys.providers });
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const save = useMutation({
    mutationFn: () => patchProvider(provider.id, { models: modelsOf(choices) }),
    onSuccess: () => {
      for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t("providers.savedToast", { name: provider.name }) });
      onSaved();
    },
  });
  const test = ask.data ?? given;
  const fits = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return choices.filter((c) => wanted === "" || c.upstream.toLowerCase().includes(wanted) || c.id.toLowerCase().includes(wanted));
  }, [choices, text]);
  const count = choices.filter((c) => c.chosen).length;
  const change = (key: string, part: Partial<Choice>) => {
    setWrong(undefined);
    setChoices(choices.map((c) => (c.key === key ? { ...c, ...part } : c)));
  };
  const addOwn = (event: FormEvent) => {
    event.preventDefault();
    const name = own.current?.value.trim();
    if (!name || !own.current) return;
    setChoices([choiceOf(name, true, `+${choices.length} ${name}`), ...choices.filter((c) => c.chosen || c.upstream !== name)]);
    setText("");
    own.current.value = "";
  };
  const submit = () => {
    const found = wrongWith(choices);
    setWrong(found);
    if (found) setText("");
    else save.mutate();
  };
  const words = (found: Wrong) => (found.why === "twice" ? t("providers.idTwice", { id: found.id }) : found.why === "id" ? t("providers.idNeeded") : t("providers.priceInvalid"));
  return (
    <Dialog
      open
      onOpenChange={onClose}
      firm
      title={t("providers.modelsTitle", { name: provider.name })}
      description={t("providers.modelsText")}
      width="lg"
      footer={
        <>
          <span className="num me-auto self-center text-sm text-muted">{t("providers.chosen", { count })}</span>
          <Button onClick={onClose}>{t("providers.later")}</Button>
          <Button tone="primary" busy={save.isPending} onClick={submit}>
            {t("providers.saveModels")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {test && <TestResult name={provider.name} test={test} />}
        {choices.length > 8 && <Input type="search" aria-label={t("providers.findModel")} placeholder={t("providers.findModel")} leading={<Search size={14} aria-hidden />} value={text} onChange={(e) => setText(e.target.value)} />}
        {choices.length === 0 ? (
          <div className="flex flex-wrap items-center gap-3 rounded-md bg-text/4 px-3 py-2 text-sm text-muted">
            <span className="min-w-40 flex-1">{t("providers.nothingListed")}</span>
            <Button size="sm" busy={ask.isPending} onClick={() => ask.mutate()}>
              {t("providers.listModels")}
            </Button>
          </div>
        ) : (
          <div className="max-h-[44vh] overflow-y-auto">
            <ul>
              {fits.slice(0, most).map((choice) => (
                <ChoiceRow key={choice.key} choice={choice} wrong={wrong?.at === choice.key ? words(wrong) : undefined} onChange={(part) => change(choice.key, part)} />
              ))}
            </ul>
            {fits.length > most && <p className="py-2 text-xs text-muted">{t("providers.moreFit", { count: fits.length - most })}</p>}
            {fits.length === 0 && <p className="py-2 text-sm text-muted">{t("providers.nothingFits", { text })}</p>}
          </div>
        )}
        <form onSubmit={addOwn} className="flex items-center gap-2">
          <Input ref={own} aria-label={t("providers.addByName")} placeholder={t("providers.addByName")} maxLength={200} spellCheck={false} autoCapitalize="none" />
          <Button type="submit" icon={<Plus size={14} aria-hidden />}>
            {t("providers.addModel")}
          </Button>
          {choices.length > 0 && !test && (
            <Button busy={ask.isPending} onClick={() => ask.mutate()}>
              {t("providers.listModels")}
            </Button>
          )}
        </form>
        {count > 0 && <p className="text-xs text-muted">{t("providers.perMillion")}. {t("providers.priceHelp")}</p>}
        {save.isError && <ErrorState inline problem={problemOf(save.error)} />}
      </div>
    </Dialog>
  );
}
