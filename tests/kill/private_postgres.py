"""A PostgreSQL server of one's own: from Debian's binaries, in a temporary folder, on a free port of this machine, gone at the end."""
import contextlib
import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile

SKIPPED = 77


def binaries():
    """The folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_ctl"), key=lambda path: int(path.split("/")[4]))
    return os.path.dirname(found[-1]) if found else None


class Server:
    def __init__(self, folder, port, account):
        self.data, self.port, self.account = os.path.join(folder, "data"), port, account
        self.url = f"postgresql://lehr@127.0.0.1:{port}/postgres"

    def call(self, program, *arguments):
        done = subprocess.run([os.path.join(binaries(), program), "-D", self.data, *arguments], cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **self.account)  # fmt: skip
        if done.returncode != 0:
            sys.exit(f"{program} {' '.join(arguments)}: {done.stdout}")

    def start(self):
        # Without fsync: a killed server loses nothing, only a machine that loses power would.
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={os.path.dirname(self.data)} -c fsync=off"
        self.call("pg_ctl", "-w", "-l", os.path.join(os.path.dirname(self.data), "log"), "-o", options, "start")

    def stop(self):
        """As a crash: no connection is asked to end."""
        self.call("pg_ctl", "-w", "-m", "immediate", "stop")


@contextlib.contextmanager
def server():
    """Exits with the code that CTest counts as skipped where it cannot be."""
    if binaries() is None:
        print("skipped: PostgreSQL is not installed (Debian: apt-get install postgresql)")
        sys.exit(SKIPPED)
    account = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        name = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
        account = {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}
    folder = tempfile.mkdtemp(prefix="lehr-postgres-")
    try:
        if account:
            shutil.chown(folder, account["user"], account["group"])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        made = Server(folder, port, account)
        made.call("initdb", "-A", "trust", "-U", "lehr", "-E", "UTF8", "--no-sync")
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
