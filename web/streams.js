// No answer is lost between two streams. Gradio reads all the answers a page waits for from one stream,
// which the server closes once none is left; a question that joins the queue at that very moment would
// wait for ever on a stream that is closed. So the end is passed on only when every question that was on
// its way has joined and none is unanswered; until then the next stream follows in the place of the one
// that ended.
(() => {
  const plain = window.fetch.bind(window);
  const waiting = new Set(); // questions that have joined the queue and are not answered
  const early = new Set(); // answers that came before it was known that their question had joined
  const joining = new Set();

  const join = async (input, init) => {
    const response = await plain(input, init);
    if (response.ok) {
      const { event_id: id } = await response.clone().json();
      if (!early.delete(id)) waiting.add(id);
    }
    return response;
  };

  const noted = (promise) => {
    joining.add(promise);
    promise.catch(() => {}).then(() => joining.delete(promise));
    return promise;
  };

  const unanswered = async () => {
    await Promise.allSettled(joining);
    return waiting.size > 0;
  };

  const follow = async (request) => {
    const again = () => plain(new Request(request.url, { headers: request.headers, signal: request.signal }));
    const first = await again();
    if (!first.ok || !first.body) return first;
    const encoder = new TextEncoder();

    // Pass on what a stream says; return what it says at its end.
    const pass = async (response, out) => {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      let end = "";
      for (;;) {
        const { done, value } = await reader.read();
        const blocks = (rest + (value ?? "")).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const told = block.startsWith("data:") ? JSON.parse(block.slice(5)) : {};
          if (told.msg === "process_completed" && !waiting.delete(told.event_id)) early.add(told.event_id);
          if (told.msg === "unexpected_error") waiting.clear(); // the server knows nothing of them any more
          if (told.msg === "close_stream") end = `${block}\n\n`;
          else out.enqueue(encoder.encode(`${block}\n\n`));
        }
        if (done) return end;
      }
    };

    const body = new ReadableStream({
      start: async (out) => {
        try {
          let end = await pass(first, out);
          while (await unanswered()) {
            const next = await again();
            if (!next.ok) throw new Error(`the stream cannot be followed: ${next.status}`);
            end = await pass(next, out);
          }
          if (end) out.enqueue(encoder.encode(end));
          out.close();
        } catch (error) {
          waiting.clear();
          out.error(error);
        }
      },
    });
    return new Response(body, { status: first.status, headers: first.headers });
  };

  window.fetch = (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, document.baseURI);
    if (pathname.endsWith("/gradio_api/queue/join")) return noted(join(input, init));
    if (pathname.endsWith("/gradio_api/queue/data")) return follow(new Request(input, init));
    return plain(input, init);
  };
})();
