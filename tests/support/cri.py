#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# cri.py -- a client of Kubernetes' runtime interface, for tests: makes pods and containers, and says
# what the runtime says of them.  It packs and unpacks protobuf by itself, so that nothing of what is
# tested is believed.
#
#   cri.py SOCKET pod JSON            {name, namespace, uid, labels, host} -> its id
#   cri.py SOCKET container POD JSON  {name, image, command, labels, mounts, env, privileged, security, log, attempt, pod}
#                                     -> its id, started
#   cri.py SOCKET status ID           what there is to say of a container and its pod, as JSON
#   cri.py SOCKET remove POD
import json
import subprocess
import sys
import tempfile

SERVICE = "runtime.v1.RuntimeService/"


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def pack(fields):
    out = b""
    for number, value in fields:
        if isinstance(value, (bool, int)):
            out += varint(number << 3) + varint(int(value))
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def pairs(number, d):
    return [(number, pack([(1, k), (2, v)])) for k, v in d.items()]


def unpack(data):
    out, at = {}, 0

    def take():
        nonlocal at
        n = shift = 0
        while True:
            b = data[at]
            at += 1
            n |= (b & 127) << shift
            shift += 7
            if b < 128:
                return n

    while at < len(data):
        tag = take()
        if tag & 7 == 0:
            value = take()
        elif tag & 7 == 2:
            n = take()
            value = data[at : at + n]
            at += n
        else:
            n = 8 if tag & 7 == 1 else 4
            value = data[at : at + n]
            at += n
        out.setdefault(tag >> 3, []).append(value)
    return out


def call(sock, method, message):
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/q", "wb") as f:
            f.write(b"\0" + len(message).to_bytes(4, "big") + message)
        subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "--unix-socket", sock, "-X", "POST", "-m", "60",
             "-H", "content-type: application/grpc", "-H", "te: trailers", "--data-binary", "@" + d + "/q",
             "-D", d + "/h", "-o", d + "/a", "http://localhost/" + method], check=True)
        with open(d + "/h", "rb") as f:
            head = f.read().decode("latin-1")
        if "grpc-status: 0" not in head:
            sys.exit(method + ": " + " ".join(l for l in head.split("\r\n") if l.startswith("grpc-")))
        with open(d + "/a", "rb") as f:
            return unpack(f.read()[5:])


def first(m, number, default=b""):
    return m.get(number, [default])[0]


def text(m, number):
    return first(m, number).decode()


def labels(m, number):
    return {text(p, 1): text(p, 2) for p in map(unpack, m.get(number, []))}


def sandbox_config(a):
    mode = 2 if a.get("host") else 0
    options = pack([(1, mode), (2, mode if mode else 1), (3, mode)])
    security = [(1, options)] + ([(6, True)] if a.get("privileged") else [])
    parent = "/kubepods/besteffort/pod" + a["uid"]
    return pack([(1, pack([(1, a["name"]), (2, a["uid"]), (3, a["namespace"])])), (3, a.get("logs", "/tmp"))]
                + pairs(6, dict(a.get("labels", {}), **names(a)))
                + [(8, pack([(1, parent), (2, pack(security))]))])


def names(a):
    return {"io.kubernetes.pod.name": a["name"], "io.kubernetes.pod.namespace": a["namespace"],
            "io.kubernetes.pod.uid": a["uid"]}


def make_pod(sock, a):
    return text(call(sock, SERVICE + "RunPodSandbox", pack([(1, sandbox_config(a))])), 1)


PROFILES = {"RuntimeDefault": 0, "Unconfined": 1}


def rights(s):
    """What a kubelet makes of a securityContext."""
    groups = b"".join(varint(g) for g in s["groups"])
    return [(1, pack([(1, c) for c in s["add"]] + [(2, c) for c in s["drop"]])), (5, pack([(1, s["user"])])),
            (7, s["readonly"]), (8, groups), (11, s["no_new_privs"]), (12, pack([(1, s["group"])])),
            (15, pack([(1, PROFILES[s["seccomp"]])]))]


def make_container(sock, pod, a):
    mode = 2 if a["pod"].get("host") else 0
    security = [(2, bool(a.get("privileged"))), (3, pack([(1, mode), (2, mode if mode else 1), (3, mode)]))]
    security = pack(security + (rights(a["security"]) if "security" in a else []))
    config = [(1, pack([(1, a["name"]), (2, a.get("attempt", 0))])), (2, pack([(1, a["image"])]))]
    config += [(3, word) for word in a["command"]]
    config += pairs(6, a.get("env", {})) + ([(11, a["log"])] if "log" in a else [])
    config += [(7, pack([(1, m["to"]), (2, m["from"]), (3, bool(m.get("ro")))])) for m in a.get("mounts", [])]
    config += pairs(9, dict(a.get("labels", {}), **names(a["pod"]))) + [(15, pack([(2, security)]))]
    cid = text(call(sock, SERVICE + "CreateContainer",
                    pack([(1, pod), (2, pack(config)), (3, sandbox_config(a["pod"]))])), 1)
    call(sock, SERVICE + "StartContainer", pack([(1, cid)]))
    return cid


def status(sock, cid):
    answer = call(sock, SERVICE + "ContainerStatus", pack([(1, cid), (2, True)]))
    m = unpack(first(answer, 1))
    info = json.loads(labels(answer, 2).get("info", "{}"))
    pod_answer = call(sock, SERVICE + "PodSandboxStatus", pack([(1, info["sandboxID"]), (2, True)]))
    pod = unpack(first(pod_answer, 1))
    pod_info = json.loads(labels(pod_answer, 2).get("info", "{}"))
    image = unpack(first(call(sock, "runtime.v1.ImageService/ImageStatus",
                              pack([(1, pack([(1, text(m, 9))]))])), 1))
    options = unpack(first(unpack(first(unpack(first(pod, 6)), 1)), 2))
    return {
        "id": text(m, 1), "name": text(unpack(first(m, 2)), 1), "image": text(unpack(first(m, 8)), 1),
        "image_ref": text(m, 9), "labels": labels(m, 12),
        "mounts": [{"to": text(x, 1), "from": text(x, 2), "ro": bool(first(x, 3, 0)), "propagation": first(x, 5, 0)}
                   for x in map(unpack, m.get(14, []))],
        "privileged": info.get("config", {}).get("linux", {}).get("security_context", {}).get("privileged", False),
        "image_id": text(image, 1), "repo_tags": [t.decode() for t in image.get(2, [])],
        "repo_digests": [t.decode() for t in image.get(3, [])],
        "pod": {"id": text(pod, 1), "ip": text(unpack(first(pod, 5)), 1), "labels": labels(pod, 7),
                "network": first(options, 1, 0), "pid": first(options, 2, 0), "ipc": first(options, 3, 0),
                "cni": pod_info.get("cniResult")},
    }


def main():
    sock, what, *rest = sys.argv[1:]
    if what == "pod":
        print(make_pod(sock, json.loads(rest[0])))
    elif what == "container":
        print(make_container(sock, rest[0], json.loads(rest[1])))
    elif what == "status":
        print(json.dumps(status(sock, rest[0])))
    elif what == "remove":
        call(sock, SERVICE + "StopPodSandbox", pack([(1, rest[0])]))
        call(sock, SERVICE + "RemovePodSandbox", pack([(1, rest[0])]))
    else:
        sys.exit("what?")


main()
