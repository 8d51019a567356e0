// How strong the password is that somebody is choosing. The page says the rule; this adds a meter and a sentence.

const PAUSE = 400; // after the last letter

function measure(meter) {
  const field = document.getElementById(meter.dataset.strengthOf);
  const [gauge, sentence] = [meter.querySelector("meter"), meter.querySelector("[role=status]")];
  let [timer, asked] = [0, null];

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const fields = new URLSearchParams({ csrf_token: field.form.elements.csrf_token.value, password: field.value });
    const about = field.form.elements.email ?? field.form.elements.name;
    if (about?.value) fields.set("about", about.value);
    if ("beside" in meter.dataset) fields.set("beside", "yes");
    const address = `/auth/password-strength?ui_locales=${document.documentElement.lang}`;
    try {
      const answer = await fetch(address, { method: "POST", body: fields, signal: asked.signal });
      if (answer.ok) show(await answer.json());
    } catch {
      // Without an answer there is no meter; the form says what is wrong once it is sent.
    }
  }

  function show({ score, words, fault }) {
    gauge.value = score;
    sentence.textContent = fault ?? words;
    meter.hidden = false;
  }

  // Once the form is on its way, its token may be over before the answer is.
  field.form.addEventListener("submit", () => {
    clearTimeout(timer);
    asked?.abort();
  });

  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (field.value) timer = setTimeout(ask, PAUSE);
    else meter.hidden = true;
  });
}

for (const meter of document.querySelectorAll("[data-strength-of]")) measure(meter);
