import { useMutation, useQueryClient } from "@tanstack/react-query";
import { adminKeys, deleteProviderKey, patchProviderKey, problemOf, testProviderKey, type Provider, type ProviderKey, type ProviderKeyPatch } from "@/api";
import { useT } from "@/i18n";
import { useToasts } from "@/ui";
import { useTest } from "./useTest";

/** What can be done to one key of a pool. */
export function useKeyActs(provider: Provider, key: ProviderKey) {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const changed = () => {
    for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
  };
  const failed = (error: unknown) => toasts.problem(problemOf(error));
  const patch = useMutation({ mutationFn: (change: ProviderKeyPatch) => patchProviderKey(provider.id, key.id, change), onSuccess: changed, onError: failed });
  const drop = useMutation({ mutationFn: () => deleteProviderKey(provider.id, key.id), onSuccess: changed, onError: failed });
  const test = useTest((signal) => testProviderKey(provider.id, key.id, signal));
  return {
    busy: patch.isPending || drop.isPending,
    test,
    setEnabled: (enabled: boolean) => patch.mutate({ enabled }),
    rotate: (secret: string, done: () => void) =>
      patch.mutate(
        { secret },
        {
          onSuccess: () => {
            toasts.show({ tone: "ok", title: t("providers.rotatedToast", { name: key.name }) });
            done();
          },
        },
      ),
    remove: (done: () => void) => drop.mutate(undefined, { onSuccess: done }),
  };
}
