#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# page_in_browser.py ADDRESS WORK LOG ENRICHER_PID -- the web page as a browser has it, for page.sh:
# lines of TAP without numbers on stdout, screenshots in LOG.
import json, os, signal, subprocess, sys, urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from browser import Browser, BrowserError

address, work, log, enricher = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
HOSTILE = "<img src=x onerror=window.pwned=1></script><script>window.pwned=2</script>"
origin = "{0.scheme}://{0.netloc}/".format(urllib.parse.urlparse(address))


def check(good, name, *why):
    print(("ok - " if good else "not ok - ") + name, flush=True)
    if not good:
        print("\n".join("# " + str(w)[:1000] for w in why), flush=True)


def run(mark):
    subprocess.run(["sh", "-c", '/bin/true "$1"; :', "sh", "page-test " + mark])


try:
    directory = os.path.join(work, "browser")
    os.mkdir(directory)
    b = Browser(directory)
except BrowserError as error:
    print(f"ok - the page in a browser # SKIP the browser does not start: {error}")
    sys.exit(0)

ROWS = "[...document.querySelectorAll('#list li')]"
TEXTS = "[...document.querySelectorAll('#list .%s')].map((e) => e.textContent)"


def rows():
    return b.ask(ROWS + ".length")


def texts(part):
    return b.ask(TEXTS % part)


def shot(name, width, height, scheme="light"):
    b.look(width, height, scheme)
    b.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    b.screenshot(os.path.join(log, f"page-{name}.png"))
    wide = b.ask("document.documentElement.scrollWidth - window.innerWidth")
    check(wide <= 0, f"{name} at {width} px: nothing sticks out", f"{wide} px do")


try:
    b.look(1600, 1000)
    b.open(address)
    check(b.wait_for(ROWS + ".length > 0"), "alerts show")
    check(b.ask("location.href") == origin + "page/#alerts", "the token is in the address no more", b.ask("location.href"))

    # ---- what is hostile ----

    run(HOSTILE)
    open("/etc/shadow").close()
    find = f"{ROWS}.find((li) => li.textContent.includes({json.dumps(HOSTILE)}))"
    check(b.wait_for(f"!!{find}"), "an alert made now shows, with markup as the text that it is")
    b.ask(find + ".querySelector('button').click()")
    check(b.wait_for(f"document.querySelector('#details .tree').textContent.includes({json.dumps(HOSTILE)})"), "in its details, too")
    check(b.ask("document.querySelectorAll('#list img, #details img, #details script').length") == 0 and b.ask("window.pwned === undefined"),
          "nothing of it became an element or ran")
    check(b.ask("""(() => { try { document.createElement("p").innerHTML = "<b>x</b>"; return false; } catch (e) { return e instanceof TypeError; } })()"""),
          "and nothing could: the policy forbids markup from text")
    refused = [e for e in b.errors if "TrustedHTML" in e]
    b.errors = [e for e in b.errors if "TrustedHTML" not in e]

    # ---- details ----

    tree = b.ask("[...document.querySelectorAll('#details .tree .process')].map((e) => e.textContent)")
    check(tree[-3:] == ["python3", "sh", "true"] and len(tree) > 3, "the process tree ends with the process, below its ancestors", tree)
    fields = dict(b.ask("[...document.querySelectorAll('#details tbody tr')].map((tr) => [...tr.children].map((e) => e.textContent))"))
    check("page-test" in fields.get("proc.cmdline", "") and fields.get("proc.pname") == "sh", "all output fields are there", fields)
    check(fields.get("evt.time", "").endswith("0") is not None and len(fields.get("evt.time", "")) == 19 and
          b.ask("document.querySelector('#details time').textContent").replace(".", "").rstrip("Z")[-9:] == fields["evt.time"][-9:],
          "a number that is too large for JavaScript is not rounded", fields.get("evt.time"))
    shot("alerts-desktop-light", 1600, 1000)
    shot("alerts-desktop-dark", 1600, 1000, "dark")
    shot("details-phone-light", 400, 800)
    b.look(1600, 1000)
    b.ask("document.querySelector('#details').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))")
    check(b.ask("document.querySelector('#details').hidden && document.activeElement.matches('#list button')"),
          "Escape closes them and goes back to the list")

    # ---- filters ----

    all_rows = rows()
    check(len(set(texts("rule"))) >= 3, "alerts of several rules are there", set(texts("rule")))
    b.put("#f-rule", "A file was read")
    check(set(texts("rule")) == {"A file was read"} and rows() < all_rows, "the filter by rule leaves that rule's", texts("rule")[:5])
    b.click("#clear-filters")
    b.put("#f-priority", "2")
    check(set(texts("badge")) == {"Critical"}, "the filter by priority leaves what is as severe", set(texts("badge")))
    b.click("#clear-filters")
    b.put("#f-text", "window.PWNED page-test")
    check(rows() > 0 and all("window.pwned" in text for text in texts("output")), "the search finds all words, in any case", rows())
    b.put("#f-text", "no such thing")
    check(rows() == 0 and "like that" in b.ask("document.querySelector('#empty').textContent"), "and says when it finds nothing")
    b.click("#clear-filters")
    made = [{"number": 10 ** 9 + i, "more": {}, "alert": {
        "rule": "A file was read", "priority": "Notice", "output": f"made {i}", "uuid": f"made-{i}", "time": "2026-01-01T00:00:00.000000000Z",
        "output_fields": {"container.id": f"c{i}", "container.name": f"name{i % 3}", "k8s.pod.name": f"pod{i % 2}", "k8s.ns.name": "shop"}}}
        for i in range(12)]
    # The module is the one that the page runs.
    b.ask(f"import('/page/alerts.js').then((m) => m.add({json.dumps(made)}, 0))")
    for key, value, count in (("container", "name1", 4), ("pod", "pod1", 6), ("namespace", "shop", 12)):
        b.put("#f-" + key, value)
        check(rows() == count, f"the filter by {key}", rows())
        b.click("#clear-filters")
    real = [v for v in b.ask("[...document.querySelectorAll('#f-container option')].map((e) => e.value)") if v and not v.startswith("name")]
    b.put("#f-container", (real or ["none"])[0])
    check(rows() > 0 and "made" not in "".join(texts("output")), "what this runs in is a container to choose, the host, too", rows(), real)
    b.click("#clear-filters")

    # ---- pause ----

    b.click("#pause")
    before = rows()
    run("while-paused")
    check(b.wait_for("/[1-9][0-9]* more came/.test(document.querySelector('#count').textContent)") and rows() == before,
          "while paused the list stands still, and says what it does not show")
    b.click("#pause")
    check(b.wait_for(f"{ROWS}.some((li) => li.textContent.includes('while-paused'))"), "then it goes on with all of it")

    # ---- a list without end ----

    b.ask("""import('/page/alerts.js').then((m) => m.add(Array.from({ length: 5000 }, (_, i) => ({ number: 2e9 + i, more: {},
        alert: { rule: "Many", priority: "Debug", output: "many " + i, uuid: "many-" + i, time: "2026-01-01T00:00:00.0Z", output_fields: {} } })), 0))""")
    check(b.ask("document.querySelector('#count').textContent").startswith("2000 alerts") and rows() == 200, "the list is bounded, and shows a part",
          b.ask("document.querySelector('#count').textContent"), rows())
    shot("alerts-phone-dark", 400, 800, "dark")
    b.look(1600, 1000)

    # ---- charts ----

    b.click("#tab-charts")
    check(b.wait_for("document.querySelectorAll('#charts polyline').length >= 8"), "charts have lines",
          b.ask("document.querySelectorAll('#charts polyline').length"))
    # Three looks make two points.
    check(b.wait_for("[...document.querySelectorAll('#charts figure:first-child polyline')].some((e) => e.points.length >= 3)"), "of points that grow in number")
    legends = b.ask("[...document.querySelectorAll('#charts figure')].map((f) => [f.querySelector('h3').textContent, f.querySelector('.legend').textContent])")
    check(any(t.startswith("Events") and "collector" in w and "emitter" in w for t, w in legends) and
          any(t.startswith("Latency") and ("µs" in w or "ms" in w) for t, w in legends) and any(t.startswith("Rings") and "raw" in w for t, w in legends) and
          any(t.startswith("Lost") and "kernel buffer" in w for t, w in legends) and any("outputs" in t and "stdout" in w for t, w in legends),
          "rates, losses, latencies, rings and outputs", legends)
    b.ask("document.querySelector('#charts figure').focus()")
    b.ask("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }))")
    check("collector" in b.ask("document.activeElement.getAttribute('aria-label')"), "the keyboard reads a chart's points")
    b.ask("document.activeElement.blur()")
    shot("charts-desktop-light", 1600, 1000)
    shot("charts-desktop-dark", 1600, 1000, "dark")
    shot("charts-phone-light", 400, 800)

    # ---- the pipeline ----

    b.look(1600, 1000)
    b.click("#tab-health")
    stages = "[...document.querySelectorAll('#health section')].find((s) => s.querySelector('h2').textContent === 'Stages').querySelectorAll('tbody tr')"
    states = b.ask(f"[...{stages}].map((tr) => [tr.children[0].textContent, tr.children[1].textContent])")
    check(states == [[name, "running"] for name in ("collector", "enricher", "evaluator", "emitter")], "the four stages run", states)
    check(b.ask(f"[...{stages}][3].children[2].textContent") == "1", "the emitter was started again once")
    shot("pipeline-desktop-light", 1600, 1000)
    shot("pipeline-phone-dark", 400, 800, "dark")
    b.look(1600, 1000)
    os.kill(enricher, signal.SIGSTOP)
    try:
        check(b.wait_for("document.querySelector('#verdict').textContent.includes('the enricher does not answer')"), "a stage that stands still is said")
        check(b.ask("document.querySelector('#verdict').classList.contains('bad') && !!document.querySelector('#health .faults')"), "and is what is wrong")
    finally:
        os.kill(enricher, signal.SIGCONT)
    check(b.wait_for("document.querySelector('#verdict').textContent.includes('all is well')"), "until it goes on",
          b.ask("document.querySelector('#verdict').textContent"))

    # ---- what the browser has to say ----

    strange = [url for url in b.asked if not url.startswith(origin)]
    check(not strange, "nothing was asked of anybody else", strange)
    check(not any("token" in url for url in b.asked[1:]), "and the token was in no request's address")
    check(not b.errors, "the console has no word of errors", *b.errors)
    b.ask("sessionStorage.setItem('mews.token', 'wrong-wrong-wrong-wrong')")
    b.open(origin + "page/")
    check(b.wait_for("document.querySelector('#login')?.hidden === false") and rows() == 0, "with a wrong token there is a form and no alert")
    shot("login-phone-light", 400, 800)
    b.put("#token", address.split("#token=")[1])
    b.click("#login-form button")
    check(b.wait_for(ROWS + ".length > 0"), "in which the right one can be put")
finally:
    b.close()
