import { createContext } from "react";

export interface MarkdownHost {
  /** Opens a checked web address outside the application. */
  open: (url: string) => void;
  /** Load remote pictures without asking. */
  remoteImages: boolean;
}

export const MarkdownContext = createContext<MarkdownHost>({ open: () => undefined, remoteImages: false });
