/** The browser host in a real browser: who is let in, what the page may reach, and that it finds its lab again. */
import { connectionLost, expect, test } from './lab-host.ts'

test('opens by the one-time link, drops the token, and asks for nothing outside', async ({ page, host }) => {
  expect(page.url()).toBe(`http://127.0.0.1:${host.port}/#/probe`)
  expect(await page.evaluate(() => window.lab.host)).toBe('browser')
})

test('connects again by itself after the host was restarted', async ({ page, host, watch }) => {
  watch.expect(connectionLost)
  await host.stop()
  await expect(page.getByRole('alert').filter({ hasText: 'not answering' })).toBeVisible()
  await host.start()
  await expect(page.getByRole('alert').filter({ hasText: 'not answering' })).toBeHidden()
  expect(await page.evaluate(() => window.lab.call('settings.get', undefined).result)).toMatchObject({ ok: true })
})
