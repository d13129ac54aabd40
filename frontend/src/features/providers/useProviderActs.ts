import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { adminKeys, deleteProvider, patchProvider, problemOf, testProvider, type Provider, type ProviderTest } from "@/api";
import { useT } from "@/i18n";
import { useToasts } from "@/ui";

/** What can be done to a provider. Results of tests last as long as the page. */
export function useProviderActs() {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const [tests, setTests] = useState<Readonly<Record<string, ProviderTest | "running">>>({});
  const ends = useRef(new Map<string, AbortController>());
  useEffect(() => {
    const running = ends.current;
    return () => running.forEach((end) => end.abort());
  }, []);
  const put = (id: string, test: ProviderTest | "running" | undefined) =>
    setTests(({ [id]: _old, ...rest }) => (test === undefined ? rest : { ...rest, [id]: test }));
  const changed = () => {
    for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
  };
  const enable = useMutation({
    mutationFn: ({ provider, enabled }: { provider: Provider; enabled: boolean }) => patchProvider(provider.id, { enabled }),
    onSuccess: changed,
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const remove = useMutation({
    mutationFn: (provider: Provider) => deleteProvider(provider.id),
    onSuccess: (_, provider) => {
      toasts.show({ tone: "ok", title: t("providers.removedToast", { name: provider.name }) });
      changed();
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  /** Makes a real call; undefined when not even that could be done, or it was called off. */
  const test = async (provider: Provider): Promise<ProviderTest | undefined> => {
    const mine = new AbortController();
    ends.current.get(provider.id)?.abort();
    ends.current.set(provider.id, mine);
    put(provider.id, "running");
    try {
      const result = await testProvider(provider.id, mine.signal);
      put(provider.id, result);
      changed();
      return result;
    } catch (error) {
      put(provider.id, undefined);
      if (!mine.signal.aborted) toasts.problem(problemOf(error));
      return undefined;
    }
  };
  const setEnabled = (provider: Provider, enabled: boolean) => {
    const undo = () => enable.mutate({ provider, enabled: !enabled });
    enable.mutate(
      { provider, enabled },
      {
        onSuccess: () =>
          toasts.show(
            enabled
              ? { tone: "ok", title: t("providers.enabledToast", { name: provider.name }), undo }
              : { tone: "ok", title: t("providers.disabledToast", { name: provider.name }), detail: t("providers.disabledDetail"), undo },
          ),
      },
    );
  };
  return {
    test,
    cancelTest: (id: string) => ends.current.get(id)?.abort(),
    setEnabled,
    remove,
    closeTest: (id: string) => put(id, undefined),
    testing: (id: string) => tests[id] === "running",
    resultOf: (id: string) => (tests[id] === "running" ? undefined : tests[id]),
    changing: (id: string) => enable.isPending && enable.variables.provider.id === id,
  };
}
