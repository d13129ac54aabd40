import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ActionsProvider } from "@/actions";
import { ToastProvider, TooltipProvider } from "@/ui";
import { ErrorBoundary } from "./ErrorBoundary";

export function Providers({ client, children }: { client: QueryClient; children: ReactNode }) {
  return (
    <ErrorBoundary>
      <QueryClientProvider client={client}>
        <TooltipProvider>
          <ToastProvider>
            <ActionsProvider>{children}</ActionsProvider>
          </ToastProvider>
        </TooltipProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  );
}
