/**
 * Collects text outside React and hands it over about 30 times a second: 200
 * tokens become some 30 commits, none lost. A timer, because
 * requestAnimationFrame stops in hidden windows.
 */
export function createTail(commit: (delta: string) => void, everyMs = 33) {
  let pending = "";
  let timer: number | undefined;
  const flush = () => {
    timer = undefined;
    const delta = pending;
    pending = "";
    if (delta) commit(delta);
  };
  return {
    push(delta: string) {
      pending += delta;
      timer ??= window.setTimeout(flush, everyMs);
    },
    close() {
      window.clearTimeout(timer);
      flush();
    },
  };
}
