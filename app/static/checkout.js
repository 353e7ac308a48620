"use strict";
// Follows the invoice: the countdown trusts the server's seconds, the rest is asked for and the page reloaded on change.
(() => {
  const page = document.getElementById("checkout");
  if (!page) return;
  const final = ["paid", "invalid"];
  let etag = "", delay = 2000;

  const left = document.getElementById("left");
  if (left) {
    const ends = performance.now() + Number(left.dataset.seconds) * 1000;
    const show = () => {
      const seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
      left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    show();
    setInterval(show, 1000);
  }

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      try { await navigator.clipboard.writeText(field.value); }
      catch { field.select(); document.execCommand("copy"); }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  const changed = (now) => now.state !== page.dataset.state || now.due !== page.dataset.due
    || String(now.receivedConfirmations || 0) !== page.dataset.confirmations;

  const look = async () => {
    try {
      const answer = await fetch(page.dataset.statusUrl, { headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") || "";
        if (changed(await answer.json())) { location.reload(); return; }
      }
      delay = page.dataset.state === "expired" || page.dataset.state === "late" ? 30000 : 2000;
    } catch { delay = Math.min(delay * 2, 30000); }
    setTimeout(look, delay);
  };
  if (!final.includes(page.dataset.state)) setTimeout(look, delay);
})();
