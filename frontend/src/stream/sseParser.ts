/**
 * Reads `text/event-stream` (WHATWG HTML §9.2.6) in pieces cut anywhere and
 * calls back with the data of each event; comments and other fields are skipped.
 */
export function createSseParser(onData: (data: string) => void) {
  let rest = "";
  let data: string[] = [];
  let skipLineFeed = false;

  const line = (text: string) => {
    if (text === "") {
      if (data.length > 0) onData(data.join("\n"));
      data = [];
      return;
    }
    if (!text.startsWith("data:")) return;
    data.push(text.slice(text[5] === " " ? 6 : 5));
  };

  return {
    push(chunk: string) {
      let text = rest + chunk;
      if (skipLineFeed && text !== "") {
        if (text.startsWith("\n")) text = text.slice(1);
        skipLineFeed = false;
      }
      let from = 0;
      for (let at = 0; at < text.length; at++) {
        const c = text[at];
        if (c !== "\n" && c !== "\r") continue;
        line(text.slice(from, at));
        if (c === "\r") {
          if (at + 1 === text.length) skipLineFeed = true;
          else if (text[at + 1] === "\n") at++;
        }
        from = at + 1;
      }
      rest = text.slice(from);
    },
  };
}
