# SPDX-License-Identifier: Apache-2.0
"""The manifest for Kubernetes, held against what it has to be; and its containers as the kubelet asks the runtime for them.

manifest.py check FILE                TAP
manifest.py containers FILE VOLUMES   a line of JSON for each, as cri.py takes it; in VOLUMES its volumes are made, as the
                                      kubelet makes them
"""
import json
import os
import sys

import yaml

STAGES = {"collector": 0, "enricher": 64861, "evaluator": 64862, "emitter": 64863}
CAPABILITIES = ["BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH", "SETUID", "SETGID", "SETPCAP"]

# Every key that may be there, by where it is; a wrong one is passed over by API servers, silently.
KEYS = {
    "": "apiVersion kind metadata spec",
    "spec": "selector updateStrategy template",
    "spec.template": "metadata spec",
    "spec.template.spec": "serviceAccountName automountServiceAccountToken enableServiceLinks hostPID hostNetwork hostIPC"
    " terminationGracePeriodSeconds priorityClassName nodeSelector tolerations securityContext containers volumes",
    "spec.template.spec.securityContext": "fsGroup fsGroupChangePolicy seccompProfile",
    "spec.template.spec.containers[]": "name image imagePullPolicy securityContext env ports readinessProbe resources volumeMounts",
    "spec.template.spec.containers[].securityContext": "runAsUser runAsGroup runAsNonRoot allowPrivilegeEscalation"
    " readOnlyRootFilesystem capabilities",
    "spec.template.spec.containers[].resources": "requests limits",
    "spec.template.spec.containers[].volumeMounts[]": "name mountPath readOnly",
    "spec.template.spec.volumes[]": "name emptyDir configMap hostPath projected",
}


def documents(path):
    with open(path) as f:
        return [d for d in yaml.safe_load_all(f) if d]


def unknown_keys(value, where=""):
    out = []
    if isinstance(value, dict):
        if where in KEYS:
            out += ["%s.%s" % (where, k) for k in value if k not in KEYS[where].split()]
        for key, below in value.items():
            out += unknown_keys(below, ("%s.%s" % (where, key)).lstrip("."))
    elif isinstance(value, list):
        for below in value:
            out += unknown_keys(below, where + "[]")
    return out


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def check(self, name, good, why=""):
        self.n += 1
        self.bad += not good
        print("%sok %d - %s%s" % ("" if good else "not ", self.n, name, "" if good else "\n# %s" % (why,)))


def check_container(tap, c):
    name, sec = c["name"], c["securityContext"]
    caps = sec["capabilities"]
    wanted = CAPABILITIES if name == "collector" else []
    tap.check("%s: no capabilities but those that it needs" % name,
              caps.get("drop") == ["ALL"] and caps.get("add", []) == wanted, caps)
    tap.check("%s: not privileged, no way to more, a root that cannot be written" % name,
              not sec.get("privileged") and sec["allowPrivilegeEscalation"] is False and sec["readOnlyRootFilesystem"] is True, sec)
    tap.check("%s: the user that it expects" % name,
              sec["runAsUser"] == STAGES[name] and sec["runAsNonRoot"] is (name != "collector"), sec)
    tap.check("%s: bounded" % name, "memory" in c["resources"]["limits"] and "memory" in c["resources"]["requests"])
    tap.check("%s: its own image" % name, c["image"].split(":")[0].endswith("mews-" + name), c["image"])


def check_volumes(tap, spec):
    volumes = {v["name"]: v for v in spec["volumes"]}
    mounts = {c["name"]: {m["name"]: m for m in c["volumeMounts"]} for c in spec["containers"]}
    run = volumes["run"]["emptyDir"]
    tap.check("the run directory is in memory, bounded, and in all", run.get("medium") == "Memory" and "sizeLimit" in run and
              all(m.get("run", {}).get("mountPath") == "/run/mews" for m in mounts.values()), run)
    used = {name for m in mounts.values() for name in m}
    tap.check("each volume is there and used", used == set(volumes), used ^ set(volumes))
    writable = {(c, n) for c, m in mounts.items() for n, v in m.items() if not v.get("readOnly")}
    tap.check("nothing can be written but the run directory and the spool",
              writable == {(c, "run") for c in mounts} | {("emitter", "spool")}, writable)
    host = {(c, volumes[n]["hostPath"]["path"]) for c, m in mounts.items() for n in m if "hostPath" in volumes[n]}
    tap.check("of the host the collector sees /proc, the enricher /etc and runtimes, nobody else anything",
              {h for h in host if not (h[0] == "enricher" and h[1].startswith("/run/"))} ==
              {("collector", "/proc"), ("enricher", "/etc")}, host)
    tap.check("the account's token is the enricher's alone", spec["automountServiceAccountToken"] is False and
              [c for c in mounts if "account" in mounts[c]] == ["enricher"])


def check(path):
    tap, docs = Tap(), documents(path)
    kinds = [d["kind"] for d in docs]
    tap.check("all kinds are there", sorted(kinds) == sorted(
        ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "ConfigMap", "DaemonSet"]), kinds)
    ds = docs[kinds.index("DaemonSet")]
    pod = ds["spec"]["template"]
    spec = pod["spec"]
    tap.check("no key that an API server would pass over", not unknown_keys(ds), unknown_keys(ds))
    tap.check("the selector selects its pods",
              ds["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items())
    tap.check("four containers", [c["name"] for c in spec["containers"]] == list(STAGES))
    for c in spec["containers"]:
        check_container(tap, c)
    check_volumes(tap, spec)
    tap.check("none of the host's namespaces", not (spec["hostPID"] or spec["hostNetwork"] or spec["hostIPC"]))
    tap.check("the runtime's filter of system calls", spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"})
    ready = spec["containers"][3]["readinessProbe"]["httpGet"]
    settings = yaml.safe_load(docs[kinds.index("ConfigMap")]["data"]["mews.yaml"])
    port = {p["name"]: p["containerPort"] for p in spec["containers"][3]["ports"]}[ready["port"]]
    tap.check("the probe asks where the settings have the answer", ready["path"] == "/healthz" and
              settings["webserver"]["enabled"] and settings["webserver"]["listen_port"] == port)
    rules = docs[kinds.index("ClusterRole")]["rules"]
    tap.check("rights to read, and none to change", {v for r in rules for v in r["verbs"]} == {"get", "list", "watch"} and
              not any("secrets" in r["resources"] or "*" in r["resources"] for r in rules))
    return tap.bad != 0


def make_volume(volume, docs, directory, group):
    """Where it lies; made as the kubelet does."""
    if "hostPath" in volume:
        path = volume["hostPath"]["path"]
        return path if os.path.isdir(path) else None
    path = os.path.join(directory, volume["name"])
    os.makedirs(path, exist_ok=True)
    os.chown(path, 0, group)
    os.chmod(path, 0o2777 if "emptyDir" in volume else 0o755)
    if "configMap" in volume:
        data = [d["data"] for d in docs if d["kind"] == "ConfigMap" and d["metadata"]["name"] == volume["configMap"]["name"]][0]
        inner = os.path.join(path, "..2026_11_26_10_00_00.000000000")
        os.makedirs(inner, exist_ok=True)
        os.symlink(os.path.basename(inner), os.path.join(path, "..data"))
        for name, text in data.items():
            with open(os.path.join(inner, name), "w") as f:
                f.write(text)
            os.symlink(os.path.join("..data", name), os.path.join(path, name))
    return path


def containers(path, directory):
    docs = documents(path)
    spec = [d for d in docs if d["kind"] == "DaemonSet"][0]["spec"]["template"]["spec"]
    group = spec["securityContext"]["fsGroup"]
    places = {v["name"]: make_volume(v, docs, directory, group) for v in spec["volumes"]}
    for c in spec["containers"]:
        sec = c["securityContext"]
        print(json.dumps({
            "name": c["name"],
            "env": {e["name"]: e.get("value", "the-node") for e in c.get("env", [])},
            "mounts": [{"from": places[m["name"]], "to": m["mountPath"], "ro": m.get("readOnly", False)}
                       for m in c["volumeMounts"] if places[m["name"]] is not None],
            "security": {
                "add": sec["capabilities"].get("add", []), "drop": sec["capabilities"].get("drop", []),
                "user": sec["runAsUser"], "group": sec["runAsGroup"], "groups": [group],
                "readonly": sec["readOnlyRootFilesystem"], "no_new_privs": not sec["allowPrivilegeEscalation"],
                "seccomp": spec["securityContext"]["seccompProfile"]["type"]}}))
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(check(sys.argv[2]) if sys.argv[1] == "check" else containers(*sys.argv[2:4]))
