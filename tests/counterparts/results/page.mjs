// Cucumber Messages to the page of the official html-formatter, and the page opened with its scripts running.
// node page.mjs messages.ndjson page.html   prints what a reader sees as JSON
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { finished } from 'node:stream/promises'

const [, , from, to] = process.argv
const require = createRequire(import.meta.url)
const { CucumberHtmlStream } = require('@cucumber/html-formatter')
const { parseEnvelope } = require('@cucumber/messages')
const { JSDOM, VirtualConsole } = require('jsdom')

const lines = readFileSync(from, 'utf8').split('\n').filter((line) => line !== '')
const stream = new CucumberHtmlStream()
const parts = []
stream.on('data', (part) => parts.push(part.toString()))
for (const line of lines) stream.write(parseEnvelope(line))
stream.end()
await finished(stream)
const page = parts.join('')
writeFileSync(to, page)

const problems = []
const quiet = new VirtualConsole()
quiet.on('jsdomError', (problem) => problems.push(String(problem.message)))
const { window } = new JSDOM(page, { runScripts: 'dangerously', pretendToBeVisual: true, virtualConsole: quiet, beforeParse(w) {
  w.matchMedia ??= () => ({ matches: false, addListener() {}, removeListener() {}, addEventListener() {}, removeEventListener() {} })
  w.IntersectionObserver ??= class { observe() {} unobserve() {} disconnect() {} }
  w.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} }
} })
const wait = () => new Promise((done) => setTimeout(done, 300))
await wait()
// Everything folded is unfolded, as a reader would.
for (let round = 0; round < 4; round++) {
  for (const button of window.document.querySelectorAll('[aria-expanded="false"]')) button.click()
  await wait()
}
const shown = [...window.document.querySelectorAll('*')].filter((e) => e.tagName !== 'SCRIPT' && e.tagName !== 'STYLE').length
const statuses = [...window.document.querySelectorAll('[data-status]')].map((e) => [e.getAttribute('data-status'), e.textContent])
for (const e of window.document.querySelectorAll('script, style')) e.remove()
process.stdout.write(JSON.stringify({ text: window.document.body.textContent, elements: shown, statuses, problems, pwned: window.pwned ?? null }))
process.exit(0)
