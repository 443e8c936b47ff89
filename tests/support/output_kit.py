# SPDX-License-Identifier: Apache-2.0
#
# output_kit.py -- for tests of outputs: a real emitter behind a ring that alert_feed fills, settings
# from a dict, TAP, certificates.  A module.
import atexit, json, os, shutil, subprocess, sys, tempfile, time

top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.environ.get("MEWS_BUILD_DIR", os.path.join(top, "build"))
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"
work = tempfile.mkdtemp(prefix="mews-outputs.", dir="/tmp")
os.chmod(work, 0o755)
children, tests, failures = [], 0, 0
PATIENCE = float(os.environ.get("PATIENCE", 30))  # seconds; what comes late on a busy machine comes all the same


def check(good, name, *why):
    global tests, failures
    tests += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name}", flush=True)
    if not good:
        for w in why:
            print("\n".join("# " + line for line in str(w)[:2000].splitlines()), flush=True)
    return good


def skip(name, why):
    global tests
    tests += 1
    print(f"ok {tests} - {name} # SKIP {why}", flush=True)


def wait_for(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def start(*argv, **how):
    child = subprocess.Popen(argv, **how)
    children.append(child)
    return child


def stop(child):
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def finish():
    for child in reversed(children):
        stop(child)
    shutil.rmtree(work, ignore_errors=True)


atexit.register(finish)


def done():
    sys.exit(1 if failures or not tests else 0)


class Pipe:
    """The emitter with SETTINGS, and the ring before it."""

    def __init__(self, settings):
        self.dir = tempfile.mkdtemp(prefix="run.", dir=work)
        os.chmod(self.dir, 0o755)
        self.settings = os.path.join(self.dir, "mews.yaml")
        self.log_path = os.path.join(self.dir, "log")
        self.out_path = os.path.join(self.dir, "out")
        with open(self.settings, "w") as f:
            json.dump({"stdout_output": {"enabled": False}, **settings}, f)
        self.run = os.path.join(self.dir, "run")
        self.total = 0
        self.feed = start(os.path.join(build, "tests/support/alert_feed"), self.run,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.feed.stdout.readline() != "ready\n":
            raise SystemExit("Bail out! alert_feed did not start")
        self.start()

    def start(self):
        env = dict(os.environ, TZ="UTC", FALCO_HOSTNAME="perch")
        with open(self.log_path, "ab") as log, open(self.out_path, "ab") as out:
            self.emitter = start(os.path.join(build, "bin/mews-emitter"), "-c", self.settings,
                                 "--run-dir", self.run, stdout=out, stderr=log, env=env)

    def put(self, count):
        self.feed.stdin.write(f"{count}\n")
        self.feed.stdin.flush()
        self.feed.stdout.readline()
        self.total += count

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def out(self):
        with open(self.out_path, errors="replace") as f:
            return f.read()

    def stop(self):
        stop(self.emitter)
        stop(self.feed)
        return self.emitter.returncode


def openssl(*argv):
    subprocess.run(("openssl", *argv), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    """Certificates in work/NAME: ca.pem, and of whom it is asked to make some."""

    def __init__(self, name):
        self.dir = os.path.join(work, name)
        os.mkdir(self.dir, 0o755)
        self.key("ca")
        openssl("req", "-new", "-x509", "-key", self.at("ca.key"), "-subj", "/CN=ca", "-days", "2", "-out", self.at("ca.pem"))

    def at(self, file):
        return os.path.join(self.dir, file)

    def key(self, name):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.at(name + ".key"))

    def make(self, name, days=2, to=None):
        """(certificate, key) of NAME, for 127.0.0.1; DAYS -1: it is no longer valid."""
        self.key(name)
        with open(self.at(name + ".ext"), "w") as f:
            f.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        openssl("req", "-new", "-key", self.at(name + ".key"), "-subj", "/CN=" + name, "-out", self.at(name + ".csr"))
        openssl("x509", "-req", "-in", self.at(name + ".csr"), "-CA", self.at("ca.pem"), "-CAkey", self.at("ca.key"),
                "-CAcreateserial", "-days", str(days), "-extfile", self.at(name + ".ext"), "-out", self.at(name + ".pem"))
        return self.at(name + ".pem"), self.at(name + ".key")
