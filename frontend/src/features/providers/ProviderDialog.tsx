import { useQuery } from "@tanstack/react-query";
import { problemOf, providerKindsQuery } from "@/api";
import { useT } from "@/i18n";
import { Bar, Dialog, Skeleton, View } from "@/ui";
import { ProviderForm, type ProviderFormProps } from "./ProviderForm";

/** A provider's form, once the server has said how providers can be spoken to. */
export function ProviderDialog(props: ProviderFormProps) {
  const t = useT();
  const kinds = useQuery(providerKindsQuery());
  if (kinds.data) return <ProviderForm {...props} kinds={kinds.data} />;
  const { provider, onClose } = props;
  const skeleton = <Skeleton>{[1, 2, 3, 4].map((row) => <Bar key={row} className="mb-5 !h-9" />)}</Skeleton>;
  return (
    <Dialog open onOpenChange={onClose} title={provider ? t("providers.editTitle", { name: provider.name }) : t("providers.add")}>
      <View query={kinds} problem={kinds.error ? problemOf(kinds.error) : undefined} skeleton={skeleton}>{() => null}</View>
    </Dialog>
  );
}
