import * as Radix from "@radix-ui/react-tabs";
import type { ReactNode } from "react";

export interface Tab<V extends string> {
  value: V;
  label: string;
  content: ReactNode;
}

/** Views of one thing side by side; which one is open belongs to the caller (often the URL). */
export function Tabs<V extends string>({ value, onChange, tabs, label }: { value: V; onChange: (value: V) => void; tabs: readonly Tab<V>[]; label: string }) {
  return (
    <Radix.Root value={value} onValueChange={(v) => onChange(v as V)}>
      <Radix.List aria-label={label} className="flex gap-4 border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px border-b-2 border-transparent py-2 text-sm font-medium text-muted transition-colors hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="pt-4">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
