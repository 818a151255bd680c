# SPDX-License-Identifier: MIT
"""A headless Chromium, told what to do over its debugging interface."""
import base64
import itertools
import json
import subprocess
import tempfile
import urllib.request

import websocket

import harness


class Browser:
    def __init__(self, width, height):
        self.port, self.folder, self.numbers = harness.free_port(), tempfile.TemporaryDirectory(), itertools.count(1)
        self.process = subprocess.Popen([
            "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-background-networking", f"--window-size={width},{height}", f"--remote-debugging-port={self.port}",
            "--remote-allow-origins=*", f"--user-data-dir={self.folder.name}", "about:blank",
        ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        page = harness.wait_until(self.first_page, 60, "Chromium answers")
        self.link = websocket.create_connection(page, timeout=120)
        self.ask("Page.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def first_page(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json/list", timeout=5) as answer:
                return next((p["webSocketDebuggerUrl"] for p in json.load(answer) if p["type"] == "page"), None)
        except OSError:
            return None

    def ask(self, method, **params):
        number = next(self.numbers)
        self.link.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.link.recv())).get("id") != number:
            pass  # something that happened meanwhile
        assert "error" not in answer, answer
        return answer["result"]

    def go(self, url):
        self.ask("Page.navigate", url=url)

    def run(self, script):
        """The value of an expression in the page."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)["result"].get("value")

    def text(self):
        """All the text that the page shows, in whatever shadow it stands."""
        return self.run("""(() => { if (!document.body) return ""; const out = []; const walk = node => {
            if (node.nodeType === 3 && node.data.trim()) out.push(node.data.trim());
            if (node.tagName === 'STYLE' || node.tagName === 'SCRIPT') return;
            for (const child of (node.shadowRoot || node).childNodes) walk(child);
            if (node.shadowRoot) for (const child of node.childNodes) walk(child);
        }; walk(document.body); return out.join('\\n'); })()""")

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        self.link.close()
        harness.stop(self.process)
        self.folder.cleanup()
