# SPDX-License-Identifier: Apache-2.0
#
# Receivers that fail in every way that is known: what comes of the alerts, and that no output minds
# another's trouble.  And real servers that speak HTTP: nginx with certificates, Alertmanager.
import json, os, shutil, socket, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from output_kit import Authority, Pipe, check, done, skip, start, stop, wait_for, work
from receivers import Receiver

COUNT = 24
ALL = list(range(1, COUNT + 1))
r = Receiver()
BAD = 11  # the alert that some never take


def poison(body):
    """The whole request is refused if that alert is in it."""
    return {"status": 400, "text": "bad alert"} if f"number {BAD} " in body else None


# path: (faults, settings, what has to come)
rows = {
    "/well": ([], {}, ALL),
    "/later": ([{"status": 429, "headers": {"Retry-After": "1"}}], {}, ALL),
    "/500": ([{"status": 500}, {"status": 503}], {}, ALL),
    "/408": ([{"status": 408}], {"batch_max": 7}, ALL),
    "/401": ([{"status": 401}, {"status": 404}], {}, ALL),
    "/away": ([{"status": 302, "headers": {"Location": "/elsewhere"}}], {}, ALL),
    "/hang": ([{"hang": 2}, {"hang": 2}], {"timeout_ms": 300}, ALL),
    "/drip": ([{"slow": 3, "text": "x" * 100}], {"timeout_ms": 300}, ALL),
    "/cut": ([{"length": 1000}, {"length": 1000}], {}, ALL),
    "/endless": ([{"text": "x" * 9000000}], {"timeout_ms": 4000}, ALL),
    "/poison": ([poison], {"batch_max": 16}, [n for n in ALL if n != BAD]),
    "/alone": ([poison], {}, [n for n in ALL if n != BAD]),
}
for path, (faults, _, _) in rows.items():
    r.faults[path] = faults
fates = {str(BAD): 400, "5": 429}


def bulk(body):
    """One document is refused for good, one the first time."""
    found = {"fates": dict(fates)}
    if '"evt.num":5,' in body:
        fates.pop("5", None)
    return found


r.faults["/es/falco/_bulk"] = [bulk]
rejected = []


def partly(body):
    """Of the first request two records, or all."""
    if not rejected:
        rejected.append(min(2, body.count('"timeUnixNano"')))
        return {"text": '{"partialSuccess":{"rejectedLogRecords":"%d","errorMessage":"too old"}}' % rejected[0]}


r.faults["/v1/logs"] = [partly]
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    nobody = s.getsockname()[1]  # where nobody listens
    pipe = Pipe({
        "json_output": True,
        "http_output": [{"enabled": True, "url": r.url(path), "name": "http" + path.replace("/", "."), **settings}
                        for path, (_, settings, _) in rows.items()]
        + [{"enabled": True, "url": f"http://127.0.0.1:{nobody}/", "name": "closed"},
           {"enabled": True, "url": "http://no-such-host.invalid/", "name": "nameless"}],
        "elasticsearch_output": {"enabled": True, "url": r.url("/es")},
        "otlp_output": {"enabled": True, "url": r.url("")},
    })
    pipe.put(COUNT)


def taken(path):
    found = []
    for request in r.taken(path):
        value = json.loads(request["body"])
        found += [(v["output_fields"]["evt.num"], v["uuid"]) for v in (value if isinstance(value, list) else [value])]
    return found


for path, (_, _, want) in rows.items():
    wait_for(lambda: [n for n, _ in dict.fromkeys(taken(path))] == want)
    # Where the answer got lost, nobody knows that it was taken: the same comes again, with the same id.
    seen = list(dict.fromkeys(taken(path)))
    check([n for n, _ in seen] == want, f"{path}: what can be delivered is, in order", seen, pipe.log())
at = [x["at"] for x in r.requests if x["path"] == "/later"]
check(at[1] - at[0] >= 0.9, "who is asked to come later comes later", at[:2])
check(not any(x["path"] == "/elsewhere" for x in r.requests), "nobody is sent elsewhere")
first, second = [x["body"] for x in r.requests if x["path"] == "/hang"][:2]
check(first == second, "what comes again is the same, id and all", first, second)
sizes = [len(json.loads(x["body"])) for x in r.requests if x["path"] == "/poison" and x["status"] == 400]
check(len(sizes) <= 8 and sizes[-1] == 1, "the alert that is at fault is found by halves", sizes)
for name, why in (("closed", "Failed to connect|Connection refused"), ("nameless", "resolve host|Resolving timed out")):
    said = [l for l in pipe.log().splitlines() if f"'{name}' takes no alerts" in l]
    check(len(said) == 1 and any(w in said[0] for w in why.split("|")), f"{name}: it is said, once", pipe.log())


def documents():
    return [json.loads(l)["output_fields"]["evt.num"] for x in r.taken("/es/falco/_bulk")
            for l in x["body"].split("\n")[1::2]]


wait_for(lambda: len(r.ids) == COUNT - 1)
check(len(r.ids) == COUNT - 1 and len(documents()) >= COUNT, "of a bulk request each document has its own fate, and none is there twice",
      len(r.ids), pipe.log())


def records():
    return sum(len(json.loads(x["body"])["resourceLogs"][0]["scopeLogs"][0]["logRecords"]) for x in r.taken("/v1/logs"))


wait_for(lambda: records() >= COUNT)
check(records() == COUNT, "of a partial success nothing is sent again", records(), pipe.log())
check(not r.invalid(), "and nothing that is sent again is broken", r.invalid()[:2])


def states():
    out = subprocess.run([os.path.join(os.environ.get("MEWS_BUILD_DIR", "build"), "bin/mews"), "status", "--json", "--run-dir", pipe.run],
                         capture_output=True, text=True).stdout
    try:
        return {o["name"]: o for o in json.loads(out)["outputs"]}
    except (ValueError, KeyError):
        return {}


wait_for(lambda: states().get("otlp", {}).get("refused") == rejected[0])
s = states()
check(s.get("http.poison", {}).get("last_error") == "HTTP 400: bad alert", "what is refused is said, with the receiver's words", s)
for name, delivered, refused in (("http.well", COUNT, 0), ("http.poison", COUNT - 1, 1), ("elasticsearch", COUNT - 1, 1),
                                 ("otlp", COUNT - rejected[0], rejected[0]), ("closed", 0, 0)):
    o = s.get(name, {})
    check((o.get("delivered"), o.get("refused"), o.get("pending")) == (delivered, refused, COUNT - delivered - refused),
          f"{name}: the accounts say so, too", o)
check(pipe.stop() == 0, "it ends when it is told to, whoever hangs", pipe.log())

# ---- real servers ----


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_up(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def nginx():
    port, ca = free_port(), Authority("nginx")
    cert, key = ca.make("server")
    client_cert, client_key = ca.make("client")
    os.mkdir(work + "/www", 0o777)
    with open(work + "/nginx.conf", "w") as f:
        f.write(f"""
daemon off; master_process off; pid {work}/www/pid; error_log {work}/www/error;
events {{ }}
http {{
    client_body_temp_path {work}/www/body; proxy_temp_path {work}/www/proxy; fastcgi_temp_path {work}/www/fastcgi;
    uwsgi_temp_path {work}/www/uwsgi; scgi_temp_path {work}/www/scgi;
    log_format all escape=json '{{"client":"$ssl_client_s_dn","protocol":"$server_protocol","type":"$content_type","n":"$content_length"}}';
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {cert}; ssl_certificate_key {key};
        ssl_client_certificate {ca.at("ca.pem")}; ssl_verify_client on;
        access_log {work}/www/access all;
        location / {{ proxy_pass {r.url()}; proxy_set_header Host x; }}
    }}
}}
""")
    server = start("nginx", "-c", work + "/nginx.conf", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not wait_for(lambda: is_up(port), 10):
        return check(False, "nginx starts", open(work + "/www/error").read())
    url = f"https://127.0.0.1:{port}/nginx"
    known = {"enabled": True, "url": url, "ca_cert": ca.at("ca.pem"), "batch_max": 8}
    pipe = Pipe({"json_output": True, "http_output": [
        {**known, "mtls": True, "client_cert": client_cert, "client_key": client_key}, {**known, "name": "nobody"}]})
    pipe.put(COUNT)
    wait_for(lambda: len(taken("/nginx")) == COUNT and "'nobody' refuses an alert: HTTP 400" in pipe.log())
    check([n for n, _ in taken("/nginx")] == ALL, "nginx takes alerts of whom it knows by his certificate", pipe.log())
    check("'nobody' refuses an alert: HTTP 400" in pipe.log(), "and refuses those of others", pipe.log())
    pipe.stop()
    stop(server)
    with open(work + "/www/access") as f:
        seen = [json.loads(l) for l in f]
    check(any(l["client"] == "CN=client" and l["protocol"] == "HTTP/2.0" for l in seen), "by HTTP/2", seen[:3])


def alertmanager():
    port = free_port()
    with open(work + "/am.yml", "w") as f:
        f.write("route:\n  receiver: none\nreceivers:\n- name: none\n")
    server = start("prometheus-alertmanager", "--config.file=" + work + "/am.yml", "--storage.path=" + work + "/am",
                   f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not wait_for(lambda: is_up(port), 20):
        return check(False, "Alertmanager starts")
    url = f"http://127.0.0.1:{port}"
    pipe = Pipe({"alertmanager_output": {"enabled": True, "url": url, "labels": ["number=%{evt.num}"]}})
    pipe.put(COUNT)

    def alerts():
        import urllib.request
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url + "/api/v2/alerts") as f:
            return json.load(f)
    wait_for(lambda: len(alerts()) == COUNT)
    found = sorted(alerts(), key=lambda a: int(a["labels"]["number"]))
    check([int(a["labels"]["number"]) for a in found] == ALL, "Alertmanager has all alerts", found[:2], pipe.log())
    check(found and found[0]["labels"]["alertname"] == "A rule" and found[0]["labels"]["k8s_ns_name"] == "prod"
          and found[0]["annotations"]["description"] == 'number 1 "<x>" &é' and len(found[0]["annotations"]["uuid"]) == 36,
          "with labels and annotations", found[:1])
    pipe.stop()
    stop(server)


for program, test in (("nginx", nginx), ("prometheus-alertmanager", alertmanager)):
    if shutil.which(program):
        test()
    else:
        skip(program, "it is not installed")
done()
