// Tells the app when the page first showed something: the second animation
// frame after the first view is in the document. A view has a <main>; what the
// page puts beside it (a place for notices) does not count. Times are the app's to judge;
// nothing about the content leaves the page.
const secret = document.querySelector('meta[name="nexus-window"]')?.content ?? "";
const root = document.getElementById("root");

function report(name, value) {
  const headers = { "Content-Type": "application/json" };
  if (secret) headers.Authorization = "Bearer " + secret;
  fetch("/api/local/beat", { method: "POST", headers, body: JSON.stringify({ name, value }) }).catch(() => undefined);
}

function shown() {
  requestAnimationFrame(() => requestAnimationFrame(() => report("first_frame", performance.now())));
}

if (secret && root) {
  const watch = new MutationObserver(() => {
    if (!root.querySelector("main")) return;
    watch.disconnect();
    shown();
  });
  watch.observe(root, { childList: true, subtree: true });
}
