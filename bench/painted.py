"""From the 250 to the painted row: Chromium watches its own page and says when a frame with the row was drawn."""

import asyncio
import shutil
from typing import Any

from playwright.async_api import Page, async_playwright

from bench import mailgen, report
from bench.dialogue import Dialogue
from bench.servers import PASSWORD, Server, add_account, data_directory, start_mailapp

READER = "reader@bench.example"
GOAL_MS = 60.0

# After the frame callback the frame is drawn; a message posted from it arrives when that work is done.
WATCH = """
window.painted = {};
new MutationObserver((records) => {
  for (const record of records) for (const node of record.addedNodes) {
    if (node.nodeType !== 1) continue;
    for (const found of node.textContent.match(/n\\d{12}/g) || []) {
      if (found in window.painted || !document.getElementById("message-list")?.textContent.includes(found)) continue;
      window.painted[found] = 0;
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => { window.painted[found] = Date.now(); };
        channel.port2.postMessage(0);
      });
    }
  }
}).observe(document, {childList: true, subtree: true});
"""


async def open_inbox(page: Page, server: Server) -> None:
    """Log in, and stay on the inbox until its stream is connected."""
    await page.add_init_script(WATCH)
    await page.goto(f"http://127.0.0.1:{server.http}/login")
    await page.fill("[name=address]", READER)
    await page.fill("[name=password]", PASSWORD)
    async with page.expect_request(lambda request: "/events" in request.url, timeout=15_000):
        await page.press("[name=password]", "Enter")
    await asyncio.sleep(1)


async def measure(page: Page, server: Server, messages: int) -> tuple[list[float], int]:
    """Send one message every 150 ms or so; ms from each 250 to its row, and how many rows never came."""
    pool = mailgen.pool("4k")
    connection = await Dialogue.connect(server.smtp)
    answered = {}
    for number in range(messages):
        content = pool[number % len(pool)].replace(mailgen.PLACEHOLDER, mailgen.tag(number))
        sent = await connection.send(content, [READER])
        answered[mailgen.tag(number).decode()] = sent.wall
        await asyncio.sleep(0.13 + number % 7 / 100)  # so that it does not fall in step with the frames
    await asyncio.sleep(1)
    await connection.close()
    painted: dict[str, Any] = await page.evaluate("window.painted")
    delays = [painted[tag] - at * 1e3 for tag, at in answered.items() if painted.get(tag)]
    return delays[5:], messages - len(delays)


async def run(messages: int) -> tuple[str, object]:
    with data_directory() as data:
        add_account(data, READER)
        server = start_mailapp(data)
        try:
            async with async_playwright() as playwright:
                executable = shutil.which("chromium") or shutil.which("chromium-browser")
                browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
                page = await browser.new_page(viewport={"width": 1280, "height": 800})
                await open_inbox(page, server)
                delays, missing = await measure(page, server, messages)
                await browser.close()
        finally:
            server.stop()
    p95 = report.percentile(delays, 0.95)
    met = p95 < GOAL_MS and not missing
    goal = f"p95 < {GOAL_MS:.0f} ms: {report.verdict(met)}"
    row = (messages, f"{report.median(delays):.0f}", f"{p95:.0f}", f"{max(delays, default=0):.0f}", missing, goal)
    table = report.table(("messages", "p50 ms", "p95 ms", "max ms", "missing", "goal"), [row])
    text = (
        "Headless Chromium on the same machine, 1280 x 800, inbox open: from the 250 to the frame that shows the row."
    )
    return "\n\n".join(("## 250 to the painted row", text, table)), delays
