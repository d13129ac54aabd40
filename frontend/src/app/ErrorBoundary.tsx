import { Component, type ErrorInfo, type ReactNode } from "react";
import { translate } from "@/i18n";
import { Button, CopyButton, EmptyState } from "@/ui";

interface State {
  error?: Error;
  where?: string;
}

/** The last net: says that the page broke, keeps the rest, offers a reload. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = {};

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override componentDidCatch(_error: Error, info: ErrorInfo): void {
    this.setState({ where: info.componentStack ?? "" });
  }

  override render(): ReactNode {
    const { error, where } = this.state;
    if (!error) return this.props.children;
    return (
      <div role="alert" className="grid h-full place-items-center">
        <EmptyState
          title={translate("app.crash.title")}
          action={
            <>
              <CopyButton words size="md" label={translate("app.crash.details")} text={() => `${error.name}: ${error.message}\n${error.stack ?? ""}\n${where ?? ""}`} />
              <Button tone="primary" onClick={() => window.location.reload()}>
                {translate("app.crash.reload")}
              </Button>
            </>
          }
        >
          {translate("app.crash.text")}
        </EmptyState>
      </div>
    );
  }
}
