// Follows a run that goes on. Without it the page says the same each time it is loaded.
(() => {
  "use strict";
  const box = document.querySelector("[data-stream]");
  if (!box || !("EventSource" in window)) return;
  const put = (name, text) => {
    const place = box.querySelector(`[data-told="${name}"]`);
    if (place) place.textContent = text;
  };
  const source = new EventSource(box.dataset.stream);
  source.addEventListener("progress", (event) => {
    const now = JSON.parse(event.data);
    put("finished", `${now.finished} of ${now.planned}`);
    put("verdicts", Object.entries(now.verdicts).map(([name, count]) => `${count} ${name.replaceAll("_", " ").toLowerCase()}`).join(", ") || "none yet");
    put("last", now.last ? now.last.replace("T", " ").slice(0, 19) + " +00:00" : "nothing yet");
    put("going", now.going.map((g) => `${g.case}${g.step ? ": " + g.step : ""}`).join("; ") || "none");
    const meter = box.querySelector("progress");
    if (meter) { meter.max = Math.max(1, now.planned); meter.value = now.finished; }
  });
  source.addEventListener("sealed", () => { source.close(); put("state", "sealed; load the page again for its results"); });
})();
