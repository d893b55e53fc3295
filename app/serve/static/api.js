// Requests to the server; every failure is one line that a person can read.

export const address = (image, rest = "") => `/api/images/${image}${rest}`;

export async function ask(method, path, body) {
  const options = {method, headers: {}};
  if (method !== "GET") {
    options.headers["Content-Type"] = "application/json";
    if (method !== "DELETE") options.body = JSON.stringify(body ?? {});
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("the server does not answer; is it still running?");
  }
  const text = await answer.text();
  const told = answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : {error: text.trim()};
  if (!answer.ok) throw new Error(told.error || `the server answers ${answer.status}`);
  return told;
}

// XMLHttpRequest, since fetch does not tell how much of a body has gone
export const upload = (file, progress) => new Promise((done, failed) => {
  const request = new XMLHttpRequest();
  request.open("POST", `/api/images?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.onprogress = event => progress(event.loaded / Math.max(event.total, 1));
  request.onerror = () => failed(new Error(`${file.name}: the upload broke off`));
  request.onload = () => {
    let told = {};
    try { told = JSON.parse(request.responseText); } catch { told = {error: request.responseText.trim()}; }
    if (request.status === 201) done(told);
    else failed(new Error(told.error || `${file.name}: the server answers ${request.status}`));
  };
  request.send(file);
});
