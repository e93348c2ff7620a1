// A person opens the server's own address, waits, and opens it again; then a script of that page says something.
exports.run = async (browser, server) => {
  const page = await browser.newPage();
  for (const time of ['first', 'again']) {
    await page.goto(`${server}/`);
    console.log(time, (await page.textContent('body')).split('\n')[0]);
    await page.waitForTimeout(2500);
  }
  const status = await page.evaluate(async () =>
    (await fetch('/lobby?nick=page', { method: 'POST', body: 'said by a page of the server' })).status);
  console.log('said', status);
};
