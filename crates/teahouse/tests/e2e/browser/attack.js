// A page of another site makes the browser connect to the server, waits until that connection has been silent for
// long, and then sends a request whose body is lines: twice. Prints what its script may know of it.
exports.run = async (browser, server) => {
  const say = (nick) => `/nick ${nick}\n/msg bob psst from ${nick}\nI am ${nick}\n`;
  const site = require('http').createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    const nick = request.url.slice(1);
    // One with and one without credentials: which of them the request takes is the browser's choice.
    response.end(`<link rel=preconnect href="${server}"><link rel=preconnect crossorigin href="${server}"><script>
      setTimeout(() => fetch("${server}/lobby", { method: "POST", mode: "no-cors", body: ${JSON.stringify(say(nick))} })
        .then((answer) => { document.title = answer.type }, () => { document.title = "failed" }), 1500)
      </script>`);
  });
  await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
  for (const nick of ['mallory', 'trudy']) {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${site.address().port}/${nick}`);
    await page.waitForFunction(() => document.title !== '');
    console.log(nick, await page.title());
    await page.close();
  }
  site.close();
};
