# SPDX-License-Identifier: Apache-2.0
#
# receivers.py -- a stand-in for whoever receives alerts by HTTP, as strict as what it stands for,
# and with faults on order.  A module: Receiver(tls=...) listens on loopback, .requests has all that
# came, .faults[path] is a list of steps, one for each request to that path, before it is well again.
import gzip, http.server, json, re, ssl, threading, time

LABEL = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def need(good, what):
    if not good:
        raise ValueError(what)


def strings(d):
    return isinstance(d, dict) and all(isinstance(v, str) for v in d.values())


# What Grafana Loki takes (3.x, POST /loki/api/v1/push).
def loki(body):
    push = json.loads(body)
    need(set(push) == {"streams"}, "push has streams only")
    for s in push["streams"]:
        need(set(s) == {"stream", "values"} and s["stream"], "a stream has labels and values")
        need(strings(s["stream"]) and all(LABEL.match(k) for k in s["stream"]), "labels")
        for v in s["values"]:
            need(len(v) == 2 and re.match(r"^\d{19}$", v[0]) and isinstance(v[1], str), "values")
    return 204, ""


ANY = {"stringValue": str, "boolValue": bool, "intValue": str, "doubleValue": (int, float), "arrayValue": dict}


def otlp_any(v):
    need(len(v) == 1 and set(v) <= set(ANY), "AnyValue")
    for kind, x in v.items():
        need(isinstance(x, ANY[kind]), kind)
        need(kind != "intValue" or -2**63 <= int(x) < 2**63, kind)
        for e in x["values"] if kind == "arrayValue" else []:
            otlp_any(e)


def otlp_attributes(attributes):
    for a in attributes:
        need(set(a) == {"key", "value"} and a["key"], "KeyValue")
        otlp_any(a["value"])
    need(len({a["key"] for a in attributes}) == len(attributes), "keys are unique")


# What an OpenTelemetry collector takes (OTLP 1.x, POST /v1/logs as JSON).
def otlp(body):
    for r in json.loads(body)["resourceLogs"]:
        otlp_attributes(r["resource"]["attributes"])
        for s in r["scopeLogs"]:
            need(s["logRecords"], "records")
            for l in s["logRecords"]:
                need(l["timeUnixNano"].isdigit() and l["observedTimeUnixNano"].isdigit(), "times")
                need(1 <= l["severityNumber"] <= 24, "severityNumber")
                otlp_any(l["body"])
                otlp_attributes(l["attributes"])
    return 200, "{}"


# What Alertmanager takes (POST /api/v2/alerts).
def alertmanager(body):
    alerts = json.loads(body)
    need(isinstance(alerts, list) and alerts, "a list of alerts")
    for a in alerts:
        need(strings(a["labels"]) and strings(a["annotations"]), "labels and annotations")
        need("alertname" in a["labels"] and all(a["labels"].values()), "labels are not empty")
        need(all(LABEL.match(k) for k in [*a["labels"], *a["annotations"]]), "names")
        need(RFC3339.match(a["startsAt"]), "startsAt")
    return 200, ""


# What an incoming webhook of Slack takes.
def slack(body):
    m = json.loads(body)
    need("text" in m or m.get("attachments"), "no_text")
    for a in m.get("attachments", []):
        need(len(a["text"]) <= 40000 and isinstance(a["ts"], int), "attachment")
        need(all(set(f) == {"title", "value", "short"} for f in a["fields"]), "fields")
        need(not re.search(r"&(?!amp;|lt;|gt;)|[<>]", a["text"]), "entities")
    return 200, "ok"


class Receiver:
    def __init__(self, tls=None):
        self.requests, self.faults, self.ids = [], {}, set()
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def log_message(self, *args):
                pass

            def do_POST(self):
                receiver.take(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path=""):
        scheme = "https" if isinstance(self.server.socket, ssl.SSLSocket) else "http"
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    # Each item of a bulk request by itself; a document that is there already conflicts.
    def bulk(self, path, body, fates):
        lines = body.split("\n")
        need(lines.pop() == "" and len(lines) % 2 == 0, "pairs of lines, the last one ended")
        items = []
        for i in range(0, len(lines), 2):
            action, document = json.loads(lines[i])["create"], json.loads(lines[i + 1])
            index = action.get("_index", path.split("/")[-2])
            need(re.match(r"^[a-z0-9][^A-Z\\/*?\"<>| ,#:]*$", index), "index")
            need(RFC3339.match(document["@timestamp"]), "@timestamp")
            status = fates.get(str(document["output_fields"]["evt.num"]), 201)
            if status == 201 and (index, action["_id"]) in self.ids:
                status = 409
            if status == 201:
                self.ids.add((index, action["_id"]))
            item = {"_index": index, "_id": action["_id"], "status": status}
            if status != 201:
                item["error"] = {"type": "x_exception", "reason": f"fate {status}"}
            items.append({"create": item})
        return 200, json.dumps({"took": 1, "errors": any("error" in i["create"] for i in items), "items": items})

    def answer(self, path, body, fault):
        if path.endswith("/_bulk"):
            return self.bulk(path, body, fault.get("fates", {}))
        for end, check in (("/loki/api/v1/push", loki), ("/v1/logs", otlp), ("/api/v2/alerts", alertmanager),
                           ("/slack", slack)):
            if path.endswith(end):
                return check(body)
        return 200, "{}"

    def take(self, h):
        raw = h.rfile.read(int(h.headers.get("Content-Length", 0)))
        body = gzip.decompress(raw) if h.headers.get("Content-Encoding") == "gzip" else raw
        body = body.decode("utf-8")
        with self.lock:
            steps = self.faults.get(h.path, [])
            fault = steps.pop(0) if steps else {}
            if callable(fault):  # for each request: what it is may depend on what came
                steps.insert(0, fault)
                fault = fault(body) or {}
            record = {"path": h.path, "body": body, "headers": dict(h.headers), "fault": fault,
                      "peer": h.client_address[1], "at": time.monotonic()}
            self.requests.append(record)
            try:
                status, text = self.answer(h.path, body, fault)
            except (ValueError, KeyError, TypeError) as e:
                status, text = 400, f"{type(e).__name__}: {e}"
                record["invalid"] = text
        status, text = fault.get("status", status), fault.get("text", text)
        record["status"] = status
        if "hang" in fault:
            time.sleep(fault["hang"])
            h.close_connection = True
            return
        h.send_response(status)
        for name, value in fault.get("headers", {}).items():
            h.send_header(name, value)
        data = text.encode()
        if status != 204:
            h.send_header("Content-Length", str(fault.get("length", len(data))))
        h.end_headers()
        if "slow" in fault:  # one byte, then another ...
            for i in range(fault["slow"]):
                h.wfile.write(b" ")
                h.wfile.flush()
                time.sleep(1)
        elif status != 204:
            h.wfile.write(data)
        if "length" in fault or "slow" in fault:
            h.wfile.flush()
            h.close_connection = True
            h.connection.close() if "length" in fault else None

    def taken(self, path):
        """The requests to PATH that were answered with success."""
        with self.lock:
            return [r for r in self.requests if r["path"] == path and
                    200 <= r.get("status", 0) < 300 and not set(r["fault"]) & {"hang", "slow", "length"}]

    def invalid(self):
        with self.lock:
            return [r for r in self.requests if "invalid" in r]
