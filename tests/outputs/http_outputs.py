# SPDX-License-Identifier: Apache-2.0
#
# Every output that speaks HTTP, from the ring to a receiver that is as strict as the real one.
import json, os, ssl, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from output_kit import Authority, Pipe, check, done, wait_for, work
from receivers import Receiver

plain = Receiver()
COUNT = 25


def numbers(path, taken=None):
    """The alerts' numbers, as they were taken at PATH."""
    found = []
    for r in plain.taken(path) if taken is None else taken:
        found += numbers_of(path, r["body"])
    return found


def numbers_of(path, body):
    if path.endswith("/_bulk"):
        return [json.loads(l)["output_fields"]["evt.num"] for l in body.split("\n")[1::2]]
    if path.endswith("/push"):
        return [json.loads(s["values"][0][1])["output_fields"]["evt.num"] for s in json.loads(body)["streams"]]
    if path.endswith("/logs"):
        records = json.loads(body)["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
        return [int(a["value"]["intValue"]) for l in records for a in l["attributes"] if a["key"] == "evt.num"]
    if path.endswith("/alerts"):
        return [int(a["annotations"]["evt_num"]) for a in json.loads(body)]
    if path.endswith("/slack"):
        return [int(f["value"]) for f in json.loads(body)["attachments"][0]["fields"] if f["title"] == "evt.num"]
    if path.endswith("/text"):
        return [int(l.split("number ")[1].split()[0]) for l in body.split("\n")]
    value = json.loads(body)
    if path.endswith("/hook"):
        return [value["n"]]
    return [v["output_fields"]["evt.num"] for v in (value if isinstance(value, list) else [value])]


def url(path):
    return plain.url(path)


# ---- each kind, to the end ----

pipe = Pipe({
    "json_output": True,
    "http_output": [
        {"enabled": True, "url": url("/one"), "headers": {"X-Mews": "yes"}, "user_agent": "mews/1"},
        {"enabled": True, "url": url("/many"), "batch_max": 10, "compress": True},
        {"enabled": True, "url": url("/text"), "json": "false", "batch_max": 5},
        {"enabled": True, "url": url("/severe"), "minimum_priority": "error", "echo": True},
    ],
    "loki_output": {"enabled": True, "url": url(""), "labels": {"job": "mews-%{proc.name}"}},
    "elasticsearch_output": [
        {"enabled": True, "url": url("/es/"), "index": "Falco"},
        {"enabled": True, "url": url("/dated"), "index": "falco-%{date}"},
    ],
    "otlp_output": {"enabled": True, "url": url("/otlp")},
    "alertmanager_output": {"enabled": True, "url": url("/am")},
    "slack_output": {"enabled": True, "url": url("/slack"), "channel": "#alerts"},
    "webhook_output": {"enabled": True, "url": url("/hook"),
                       "template": '{"n":%{json:evt.num},"text":"%{rule}: %{proc.name}","id":"%{uuid}"}'},
})
pipe.put(COUNT)
all_of = list(range(1, COUNT + 1))
severe = [n for n in all_of if n % 8 <= 3]
paths = ("/one", "/many", "/text", "/loki/api/v1/push", "/es/falco/_bulk", "/dated/_bulk", "/otlp/v1/logs",
         "/am/api/v2/alerts", "/slack", "/hook")
for path in paths:
    wait_for(lambda: numbers(path) == all_of)
    check(numbers(path) == all_of, f"all alerts come to {path}, in order", numbers(path), pipe.log())
wait_for(lambda: numbers("/severe") == severe)
check(numbers("/severe") == severe, "what is not severe enough does not come", numbers("/severe"))
check(not plain.invalid(), "no receiver finds fault with what it gets", [r["invalid"] for r in plain.invalid()])

first = plain.taken("/one")[0]
value = json.loads(first["body"])
check(first["headers"]["Content-Type"] == "application/json" and first["headers"]["X-Mews"] == "yes"
      and first["headers"]["User-Agent"] == "mews/1", "with Falco's type, and the settings' headers", first["headers"])
check(sorted(value) == ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time", "uuid"]
      and value["hostname"] == "perch" and value["time"] == "2026-11-23T19:33:57.000000001Z"
      and value["tags"] == ["T1555", "host"] and value["output_fields"]["proc.name"] == 'py"thon\n\ufffd',
      "the body is what Falcosidekick takes, with the alert's uuid", value)
uuids = [json.loads(r["body"])["uuid"] for r in plain.taken("/one")]
check(len(set(uuids)) == COUNT and all(len(u) == 36 for u in uuids), "each has an id of its own")
check([json.loads(r["body"])["id"] for r in plain.taken("/hook")] == uuids, "the same at each output")
check(len({r["peer"] for r in plain.taken("/one")}) == 1, "one connection is enough for all of them")
many = plain.taken("/many")
check(all(r["headers"]["Content-Encoding"] == "gzip" for r in many) and len(many) < COUNT
      and all(isinstance(json.loads(r["body"]), list) for r in many), "batches are arrays, and packed where it is asked for")
text = plain.taken("/text")[0]
check(text["headers"]["Content-Type"] == "text/plain" and
      text["body"].split("\n")[0] == '19:33:57.000000001: Alert number 1 \\"<x>\\" &é', "without JSON it is the line of text", text)
check(pipe.out() == "{}" * len(severe), "the answer is printed where the settings say so", pipe.out())
check(json.loads(plain.taken("/slack")[0]["body"])["channel"] == "#alerts", "Slack is told the channel")
stream = json.loads(plain.taken("/loki/api/v1/push")[0]["body"])["streams"][0]["stream"]
check(stream["job"] == 'mews-py"thon\\n\ufffd' and stream["k8s_ns_name"] == "prod" and stream["tags"] == "host,T1555",
      "Loki gets the settings' labels beside its own", stream)
check(pipe.stop() == 0, "it ends when it is told to", pipe.log())

# ---- TLS, tokens ----

ca, other = Authority("ca"), Authority("other")
server, client = ca.make("server"), ca.make("client")
expired = ca.make("expired", days=-1)
for file in client:
    os.chmod(file, 0o600)  # root's alone: it is read before the privilege goes


def context(certificate, client_ca=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(*certificate)
    if client_ca:
        c.load_verify_locations(client_ca)
        c.verify_mode = ssl.CERT_REQUIRED
    return c


tls, mutual = Receiver(context(server)), Receiver(context(server, ca.at("ca.pem")))
old = Receiver(context(expired))
token = os.path.join(work, "token")
with open(token, "w") as f:
    f.write("first\n")
os.chmod(token, 0o644)
quick = {"enabled": True, "timeout_ms": 2000}
known = {**quick, "ca_cert": ca.at("ca.pem")}
pipe = Pipe({
    "json_output": True,
    "http_output": [
        {**known, "url": tls.url("/tls"), "token_file": token},
        {**known, "url": mutual.url("/mutual"), "mtls": True, "client_cert": client[0], "client_key": client[1]},
        {**quick, "url": tls.url("/anybody"), "insecure": True},
        {**quick, "url": tls.url("/stranger"), "ca_bundle": other.at("ca.pem"), "name": "stranger"},
        {**quick, "url": tls.url("/unknown"), "name": "unknown"},
        {**known, "url": old.url("/expired"), "name": "expired"},
        {**known, "url": mutual.url("/nobody"), "name": "nobody"},
        {**known, "url": "https://no-such-host.invalid/", "name": "nowhere"},
        {**known, "url": "ftp://127.0.0.1/", "name": "ftp"},
        {**known, "url": tls.url("/x"), "name": "lost-key", "mtls": True, "client_cert": client[0],
         "client_key": work + "/no.key"},
    ],
})
pipe.put(3)
wait_for(lambda: len(tls.taken("/tls")) == 3)
with open(token + ".new", "w") as f:
    f.write("second")
os.chmod(token + ".new", 0o644)
os.rename(token + ".new", token)
pipe.put(1)
wait_for(lambda: len(tls.taken("/tls")) == 4)
check([r["headers"].get("Authorization") for r in tls.taken("/tls")] == ["Bearer first"] * 3 + ["Bearer second"],
      "a token is sent, and read again when it changes", tls.requests, pipe.log())
wait_for(lambda: len(mutual.taken("/mutual")) == 4 and len(tls.taken("/anybody")) == 4)
check(len(mutual.taken("/mutual")) == 4, "who we are is proven with a certificate that only root may read", pipe.log())
check(len(tls.taken("/anybody")) == 4, "insecure: nobody has to prove who he is", pipe.log())
for name, why in (("stranger", "self-signed|self signed|unable to get"), ("unknown", "unable to get|self-signed|self signed"), ("expired", "expired"),
                  ("nobody", "certificate required|handshake|alert"), ("nowhere", "resolve host|Resolving timed out")):
    import re
    said = lambda: [l for l in pipe.log().splitlines() if f"'{name}'" in l]
    wait_for(lambda: any(re.search(why, l) for l in said()))
    check(any(re.search(why, l) for l in said()), f"{name}: what is wrong is said", pipe.log())
check(not old.requests and not any(r["path"] in ("/stranger", "/unknown") for r in tls.requests)
      and not any(r["path"] == "/nobody" for r in mutual.requests), "and who is not who he should be gets nothing")
check("'ftp': its url is not http" in pipe.log() and "no.key': No such file" in pipe.log(),
      "what cannot be opened is left out, and said", pipe.log())
pipe.stop()
done()
