/* Forms that a passkey is made or shown in: the browser's answer goes along as a hidden field. */

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (credentials) => (credentials ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));

/** Read what the server asks for; JSON has no bytes. */
function read(text) {
  const asked = JSON.parse(text);
  return {
    ...asked,
    challenge: toBytes(asked.challenge),
    ...(asked.user && { user: { ...asked.user, id: toBytes(asked.user.id) } }),
    ...(asked.excludeCredentials && { excludeCredentials: named(asked.excludeCredentials) }),
    ...(asked.allowCredentials && { allowCredentials: named(asked.allowCredentials) }),
  };
}

/** Write a credential as `PublicKeyCredential.toJSON` does where there is one. */
function write(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: toText(credential.rawId), type, response, clientExtensionResults: {} });
}

async function answer(form) {
  const trouble = form.querySelector("[data-trouble]");
  trouble.hidden = true;
  try {
    const publicKey = read(form.dataset.options);
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.passkey.value = write(credential);
    form.submit();
  } catch {
    trouble.hidden = false;
    form.removeAttribute("aria-busy");
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.querySelector("button").disabled = !window.PublicKeyCredential;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form);
  });
}
