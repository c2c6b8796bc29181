"use strict";

// The worker of a live page: it runs the simulator, which would block the page otherwise. A message {id, call, args} calls the
// function simulator_<call>, and is answered by {id, reply}, in which reply is JSON: {value} or {error}.
importScripts("wasm_exec.js");

const go = new Go();
const ready = WebAssembly.instantiateStreaming(fetch("live.wasm"), go.importObject).then(({instance}) => {
  go.run(instance); // it defines its functions before it waits for the first time
});

onmessage = async ({data: {id, call, args}}) => {
  let reply;
  try {
    await ready;
    reply = self["simulator_" + call](...args);
  } catch (e) {
    reply = JSON.stringify({error: String(e)});
  }
  postMessage({id, reply});
};
