"use strict";

const form = document.getElementById("pair");
const problem = document.getElementById("problem");
const code = decodeURIComponent(location.hash.slice(1));

if (code) {
  form.elements.code.value = code;
  document.getElementById("line").textContent = location.href;
  document.getElementById("with-code").hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.hidden = true;
  try {
    const response = await fetch("pair", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: form.elements.code.value, deviceName: form.elements.device.value }),
    });
    const answer = await response.json();
    if (!response.ok) {
      throw new Error(answer.detail);
    }
    document.getElementById("key").textContent = answer.apiKey;
    document.getElementById("paired").hidden = false;
    document.getElementById("before").hidden = true;
    history.replaceState(null, "", "pair");
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
});
