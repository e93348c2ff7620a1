// Somebody opens the house's own address, waits, and opens it again; then a script of that page says something.
exports.run = async (browser, house) => {
  const page = await browser.newPage();
  for (const time of ['first', 'again']) {
    await page.goto(`${house}/`);
    console.log(time, (await page.textContent('body')).split('\n')[0]);
    await page.waitForTimeout(2500);
  }
  const status = await page.evaluate(async () =>
    (await fetch('/lobby?nick=page', { method: 'POST', body: 'said by a page of the house' })).status);
  console.log('said', status);
};
