# SPDX-License-Identifier: Apache-2.0
#
# browser.py -- a headless Chromium that a test looks through: spoken to over a pipe, in its DevTools
# protocol (messages of JSON, each ended by a NUL).  What goes wrong in the page is collected.  A module.
import base64, itertools, json, os, select, shutil, subprocess, time

NAMES = ("chromium-headless-shell", "chromium")


class BrowserError(Exception):
    pass


def program():
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    def __init__(self, directory, patience=30):
        to_read, self.write_fd = os.pipe()
        self.read_fd, to_write = os.pipe()
        flags = ["--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                 "--hide-scrollbars", f"--user-data-dir={directory}", "about:blank"]
        # It wants descriptors 3 and 4.
        self.child = subprocess.Popen(["sh", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "sh", program(), *flags],
                                      pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=open(os.path.join(directory, "stderr"), "wb"))
        os.close(to_read)
        os.close(to_write)
        self.patience, self.numbers, self.buffer = patience, itertools.count(1), b""
        self.session, self.errors, self.asked = None, [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def take(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))
        elif method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])

    def receive(self, end):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read_fd], [], [], max(0, end - time.monotonic()))
            more = os.read(self.read_fd, 1 << 20) if ready else b""
            if not more:
                raise BrowserError("the browser is gone" if ready else "the browser does not answer")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        message = {"id": next(self.numbers), "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_fd, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + self.patience
        while True:
            answer = self.receive(end)
            if answer.get("id") != message["id"]:
                self.take(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def open(self, url):
        self.call("Page.navigate", url=url)

    # What EXPRESSION is, as JSON has it; a promise is waited for.
    def ask(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails'].get('exception', {}).get('description')}")
        return answer["result"].get("value")

    def wait_for(self, expression):
        end = time.monotonic() + self.patience
        while not self.ask(expression):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def click(self, selector):
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    # Choose VALUE in a list, or write it into a field.
    def put(self, selector, value):
        self.ask(f"""(() => {{ const e = document.querySelector({json.dumps(selector)}); e.value = {json.dumps(value)};
            e.dispatchEvent(new Event(e.tagName === "SELECT" ? "change" : "input", {{ bubbles: true }})); }})()""")

    def look(self, width, height, scheme="light"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.read_fd)
        os.close(self.write_fd)
