// The desktop's first frame is the shape of the window, which index.html
// draws without any script. The pages' code is there by then (modulepreload)
// but runs only after it: running takes longer than drawing.

const hidden = 200; // a window that is not shown gets no frames; ms

function firstFrame(): Promise<void> {
  return new Promise((resolve) => {
    const late = window.setTimeout(resolve, hidden);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        window.clearTimeout(late);
        resolve();
      }),
    );
  });
}

void firstFrame().then(() => import("./desktopPages"));
