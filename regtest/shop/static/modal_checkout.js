"use strict";
// What the plugin's script does in a shop that shows the checkout above its own page.
(() => {
  const { server } = document.currentScript.dataset;
  const SETTLES = 3000;
  const PAID = ["complete", "paid", "processing", "settled"], SPENT = ["expired", "invalid"];

  const complain = (words) => {
    const notice = Object.assign(document.createElement("p"), { className: "notice", textContent: words });
    notice.setAttribute("role", "alert");
    document.querySelector("main").prepend(notice);
  };

  const show = ({ invoiceId, orderCompleteLink }) => {
    let isPaid = false;
    btcpay.setApiUrlPrefix(server);
    btcpay.showInvoice(invoiceId);
    btcpay.onModalReceiveMessage(({ data }) => {
      const status = String((data && data.status) || "").toLowerCase();
      if (data === "close") {
        if (isPaid) window.location.href = orderCompleteLink;
        else complain("You have closed the payment.");
      } else if (PAID.includes(status)) {
        isPaid = true;
        setTimeout(() => { window.location.href = orderCompleteLink; }, SETTLES);
      } else if (SPENT.includes(status)) {
        btcpay.hideFrame();
        complain(`The invoice is ${status}. Please try again.`);
      }
    });
  };

  for (const form of document.querySelectorAll("form[data-modal]")) {
    form.addEventListener("submit", async (event) => {
      const fields = new FormData(form);
      if (!window.btcpay || !String(fields.get("payment_method")).startsWith("btcpaygf_")) return;
      event.preventDefault();
      const answer = await fetch(form.dataset.modal, { method: "POST", body: new URLSearchParams(fields) });
      const said = await answer.json();
      if (said.result === "success") show(said);
      else complain(said.messages);
    });
  }
})();
