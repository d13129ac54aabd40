import { highlight } from "./highlight";

interface Job {
  id: number;
  code: string;
  language: string;
}

self.onmessage = (event: MessageEvent<Job>) => {
  const { id, code, language } = event.data;
  self.postMessage({ id, tokens: highlight(code, language) });
};
