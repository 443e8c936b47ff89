# SPDX-License-Identifier: Apache-2.0
#
# Outputs that speak to brokers: Kafka (librdkafka's own broker), NATS (the real server, plain, with TLS
# and with JetStream).
import json, os, shutil, socket, ssl, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from nats_client import Client
from output_kit import Authority, Pipe, build, check, done, skip, start, stop, wait_for, work


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- Kafka ----

def consume(broker):
    """What is in the topic: (key, uuid, value) of each message."""
    out = subprocess.run(["kcat", "-b", broker, "-t", "falco", "-C", "-e", "-q", "-o", "beginning", "-f", "%k\t%h\t%s\n"],
                         capture_output=True, text=True, timeout=30).stdout
    return [line.split("\t", 2) for line in out.splitlines()]


def kafka():
    mock = start(os.path.join(build, "tests/support/kafka_mock"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    broker = mock.stdout.readline().strip()

    def tell(what):
        mock.stdin.write(what + "\n")
        mock.stdin.flush()
        mock.stdout.readline()

    pipe = Pipe({"kafka_output": [
        {"enabled": True, "brokers": broker, "topic": "falco", "key": "%{hostname}/%{source}",
         "properties": {"message.max.bytes": 5000, "reconnect.backoff.max.ms": 200}},
        {"enabled": True, "name": "typo", "brokers": broker, "properties": {"no.such.thing": 1}},
    ]})
    pipe.put(20)
    wait_for(lambda: len(consume(broker)) == 20)
    found = consume(broker)
    check([json.loads(v)["output_fields"]["evt.num"] for _, _, v in found] == list(range(1, 21)),
          "Kafka has all alerts, in order", found, pipe.log())
    check(found and all(k == "perch/syscall" and h == "uuid=" + json.loads(v)["uuid"] for k, h, v in found),
          "with the settings' key, and the id in a header", found)
    check("'typo': no.such.thing" in pipe.log(), "a property that librdkafka has not is said", pipe.log())
    tell("fail 3")
    pipe.put(5)
    wait_for(lambda: len(consume(broker)) >= 25)
    tell("down")
    pipe.put(5)
    wait_for(lambda: "'kafka' takes no alerts" in pipe.log())
    check("'kafka' takes no alerts" in pipe.log(), "a broker that is down is said", pipe.log())
    tell("up")
    wait_for(lambda: len({u for _, u, _ in consume(broker)}) >= 30)
    found = consume(broker)
    seen = list(dict.fromkeys(json.loads(v)["output_fields"]["evt.num"] for _, _, v in found))
    check(seen == list(range(1, 31)), "nothing is lost when it is up again, and the order stays", seen, pipe.log())
    check(pipe.stop() == 0, "it ends when it is told to", pipe.log())
    stop(mock)


if not os.path.exists(os.path.join(build, "tests/support/kafka_mock")) or not shutil.which("kcat"):
    skip("Kafka", "librdkafka or kcat is missing")
else:
    kafka()


# ---- NATS ----

def serve(port, *options):
    server = start("nats-server", "-a", "127.0.0.1", "-p", str(port), *options, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)

    def is_up():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    wait_for(is_up)
    return server


def numbers(client):
    return [json.loads(m["body"])["output_fields"]["evt.num"] for m in client.messages if m["subject"].startswith("falco.")]


def nats():
    port, secure = free_port(), free_port()
    ca = Authority("nats")
    cert, key = ca.make("server")
    client_cert, client_key = ca.make("client")
    token = os.path.join(work, "nats-token")
    with open(token, "w") as f:
        f.write("s3cret\n")
    options = ("-js", "-sd", os.path.join(work, "js"))
    server = serve(port, *options)
    guarded = serve(secure, "--auth", "s3cret", "--tls", "--tlscert", cert, "--tlskey", key, "--tlsverify",
                    "--tlscacert", ca.at("ca.pem"))
    plain = Client(port)
    plain.subscribe("falco.>")
    plain.request("$JS.API.STREAM.CREATE.KEPT", json.dumps({"name": "KEPT", "subjects": ["kept.>"], "storage": "file"}))
    context = ssl.create_default_context(cafile=ca.at("ca.pem"))
    context.load_cert_chain(client_cert, client_key)
    over_tls = Client(secure, context, auth_token="s3cret")
    over_tls.subscribe("falco.>")
    wait_for(lambda: any("KEPT" in m["body"] for m in plain.messages))

    url = f"nats://127.0.0.1:{port}"
    pipe = Pipe({"nats_output": [
        {"enabled": True, "url": url},
        {"enabled": True, "url": url, "name": "kept", "subject": "kept.%{k8s.ns.name}", "jetstream": True},
        {"enabled": True, "url": url, "name": "streamless", "subject": "nobody.keeps.this", "jetstream": True, "timeout_ms": 500},
        {"enabled": True, "url": f"tls://127.0.0.1:{secure}", "name": "secure", "token_file": token, "ca_cert": ca.at("ca.pem"),
         "mtls": True, "client_cert": client_cert, "client_key": client_key},
        {"enabled": True, "url": f"tls://127.0.0.1:{secure}", "name": "stranger", "token_file": token},
    ]})
    pipe.put(20)
    all_of = list(range(1, 21))
    wait_for(lambda: numbers(plain) == all_of)
    check(numbers(plain) == all_of, "NATS gets all alerts, in order", numbers(plain), pipe.log())
    first = [m for m in plain.messages if m["subject"].startswith("falco.")][0]
    check(first["subject"] == "falco.alert.a_rule" and "Nats-Msg-Id: " + json.loads(first["body"])["uuid"] in first["header"],
          "under Falcosidekick's subject, with the id in a header", first)
    wait_for(lambda: numbers(over_tls) == all_of)
    check(numbers(over_tls) == all_of, "with TLS, certificates of both, and a token", numbers(over_tls), pipe.log())

    def kept():
        plain.request("$JS.API.STREAM.INFO.KEPT", "")
        states = [json.loads(m["body"])["state"]["messages"] for m in plain.messages if '"state"' in m["body"]]
        return states[-1] if states else None
    wait_for(lambda: kept() == 20)
    check(kept() == 20, "a stream confirms each alert, and has it", kept(), pipe.log())
    wait_for(lambda: "'streamless' takes no alerts" in pipe.log() and "'stranger' takes no alerts" in pipe.log())
    check("'streamless' takes no alerts" in pipe.log(), "what no stream keeps is not taken for delivered", pipe.log())
    check("'stranger' takes no alerts" in pipe.log(), "a server whose certificate nobody vouches for gets nothing", pipe.log())

    stop(server)
    pipe.put(5)
    wait_for(lambda: "'nats' takes no alerts" in pipe.log())
    server = serve(port, *options)
    again = Client(port)
    again.subscribe("falco.>")
    wait_for(lambda: len(numbers(again)) >= 5 or 25 in numbers(again))
    plain.messages, plain = [], again
    wait_for(lambda: kept() == 25)
    check(kept() == 25, "a server that comes back gets what it missed, no alert twice", kept(), pipe.log())
    check(pipe.stop() == 0, "it ends when it is told to", pipe.log())


if not shutil.which("nats-server"):
    skip("NATS", "nats-server is missing")
else:
    nats()
done()
